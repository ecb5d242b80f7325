using System.Text.Json;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.StandIns;

internal readonly record struct StandInPort(int Number, bool IsUdp);

/// <summary>On which ports a stand-in listens; pure.</summary>
internal static class StandInPorts
{
    /// <summary>The port of a pod that declares none, on TCP and UDP.</summary>
    public const int Default = 9376;

    /// <summary>
    /// The declared ports, and those that its probes connect to: else a manifest whose probe names an undeclared port would
    /// never become ready. The default port is opened once per pod, by its first container, when no container declares a port.
    /// SCTP ports are left out.
    /// </summary>
    public static IReadOnlyList<StandInPort> Of(PodSpec pod, Container container)
    {
        var ports = (container.Ports ?? []).Where(p => p.Protocol != "SCTP").Select(p => new StandInPort(p.Number, p.Protocol == "UDP")).ToList();
        var containers = pod.Containers ?? [];
        if (containers.All(c => c.Ports is null or []) && containers.Count > 0 && containers[0] == container)
            ports.AddRange([new StandInPort(Default, false), new StandInPort(Default, true)]);
        Probe?[] probes = [container.StartupProbe, container.ReadinessProbe, container.LivenessProbe];
        ports.AddRange(probes.Select(p => ProbePort(p, container)).Where(p => p is not null && !IsDeclaredElsewhere(containers, container, p.Value))
            .Select(p => new StandInPort(p!.Value, false)));
        return [.. ports.Distinct()];
    }

    /// <summary>The TCP port that a probe connects to; null when it connects to none or names an unknown port.</summary>
    public static int? ProbePort(Probe? probe, Container container) => probe switch
    {
        { HttpGet.Port: var port } => Resolve(port, container),
        { TcpSocket.Port: var port } => Resolve(port, container),
        { Grpc: { ValueKind: JsonValueKind.Object } grpc } when grpc.TryGetProperty("port", out var port) && port.TryGetInt32(out var number) => number,
        _ => null,
    };

    /// <summary>The number of a port given as number or as the name of a declared port; null when no port has the name.</summary>
    public static int? Resolve(IntOrString port, Container container)
    {
        if (port.Name is null)
            return port.Number;
        return container.Ports?.FirstOrDefault(p => p.Name == port.Name)?.Number ?? (int.TryParse(port.Name, out var number) ? number : null);
    }

    private static bool IsDeclaredElsewhere(IReadOnlyList<Container> containers, Container self, int port) =>
        containers.Any(c => c != self && (c.Ports ?? []).Any(p => p.Number == port && p.Protocol is null or "TCP"));
}
