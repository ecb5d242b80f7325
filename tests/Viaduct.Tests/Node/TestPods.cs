using System.Globalization;
using System.Text.Json;
using Viaduct.Kube.Objects;
using Viaduct.Node.Pods;

namespace Viaduct.Tests.Node;

/// <summary>Pods and facts for the node's tests.</summary>
internal static class TestPods
{
    public static readonly DateTimeOffset Noon = DateTimeOffset.Parse("2026-01-02T12:00:00Z", CultureInfo.InvariantCulture);

    public static Pod Parse(string json) => JsonSerializer.Deserialize(json, KubeJson.Default.Pod)!;

    public static Container Container(string name, int? port = null) => new()
    {
        Name = name,
        Image = "img",
        Ports = port is null ? null : [new ContainerPort { Number = port.Value }],
    };

    public static ContainerFacts Waiting(string name, ContainerRole role = ContainerRole.Main) => new()
    {
        Spec = Container(name),
        Role = role,
        State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "ContainerCreating" } },
    };

    public static ContainerFacts Running(string name, ContainerRole role = ContainerRole.Main, bool ready = true) => Waiting(name, role) with
    {
        State = new ContainerState { Running = new ContainerStateRunning { StartedAt = Noon } },
        Ready = ready,
        Started = true,
    };

    public static ContainerFacts Ended(string name, int code, ContainerRole role = ContainerRole.Main) => Waiting(name, role) with
    {
        State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = code } },
    };

    public static PodFacts Facts(IReadOnlyList<ContainerFacts> main, IReadOnlyList<ContainerFacts>? init = null, string policy = "Always", Pod? pod = null) => new()
    {
        Pod = (pod ?? new Pod()) with { Spec = new PodSpec { RestartPolicy = policy, ReadinessGates = pod?.Spec?.ReadinessGates } },
        Init = init ?? [],
        Main = main,
        HasSandbox = true,
        PodIPs = ["172.20.0.2"],
        HostIPs = ["192.168.0.3"],
        StartTime = Noon,
    };
}
