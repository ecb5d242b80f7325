using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

/// <summary>Objects for the tests of pure decisions.</summary>
internal static class Make
{
    public static DateTimeOffset Now { get; } = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Pod Pod(
        string name, string? node = "node-1", bool ready = true, string phase = "Running", string? ip = "172.20.0.2", bool terminating = false, int ageSeconds = 60,
        string? owner = null, string portName = "web", int port = 9376, string app = "web") => new()
    {
        Metadata = new()
        {
            Name = name,
            Namespace = "shop",
            Uid = $"uid-{name}",
            CreationTimestamp = Now.AddSeconds(-ageSeconds),
            DeletionTimestamp = terminating ? Now : null,
            Labels = new Dictionary<string, string> { ["app"] = app },
            OwnerReferences = owner is null ? null : [new() { Kind = "ReplicaSet", Name = owner, Uid = $"uid-{owner}", Controller = true }],
        },
        Spec = new() { NodeName = node, Containers = [new() { Name = "c", Ports = [new() { Name = portName, Number = port }] }] },
        Status = new()
        {
            Phase = phase,
            PodIP = ip,
            Conditions = [new() { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = Now.AddSeconds(-ageSeconds) }],
        },
    };

    public static KubeNode Node(string name, bool ready = true, bool cordoned = false, string? label = null, string? room = null, string? podCidr = null) => new()
    {
        Metadata = new() { Name = name, Uid = $"uid-{name}", Labels = label is null ? null : new Dictionary<string, string> { ["disk"] = label } },
        Spec = new() { Unschedulable = cordoned, PodCIDR = podCidr },
        Status = new()
        {
            Conditions = [new() { Type = "Ready", Status = ready ? "True" : "False" }],
            Allocatable = room is null ? null : new Dictionary<string, JsonElement> { ["pods"] = Element($"\"{room}\"") },
        },
    };

    public static ReplicaSet ReplicaSet(string name, int replicas, int available = 0, string image = "one", int revision = 1, int age = 100, int? pods = null, int minReady = 0) => new()
    {
        Metadata = new()
        {
            Name = name,
            Namespace = "shop",
            Uid = $"uid-{name}",
            Generation = 1,
            CreationTimestamp = Now.AddSeconds(-age),
            Annotations = new Dictionary<string, string> { ["deployment.kubernetes.io/revision"] = $"{revision}" },
        },
        Spec = new()
        {
            Replicas = replicas,
            MinReadySeconds = minReady,
            Selector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
            Template = Template(image, "pod-template-hash"),
        },
        Status = new() { Replicas = pods ?? replicas, ReadyReplicas = available, AvailableReplicas = available },
    };

    public static Deployment Deployment(int replicas, string image = "one", IntOrString? surge = null, IntOrString? unavailable = null, string type = "RollingUpdate", bool paused = false, int? history = null) => new()
    {
        Metadata = new() { Name = "web", Namespace = "shop", Uid = "uid-web", Generation = 1 },
        Spec = new()
        {
            Replicas = replicas,
            Paused = paused,
            RevisionHistoryLimit = history,
            Selector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
            Template = Template(image, null),
            Strategy = new() { Type = type, RollingUpdate = type == "Recreate" ? null : new() { MaxSurge = surge, MaxUnavailable = unavailable } },
        },
    };

    public static Service Service(bool publishNotReady = false, string? clusterIP = "172.21.0.9", params ServicePort[] ports) => new()
    {
        Metadata = new() { Name = "web", Namespace = "shop", Uid = "uid-svc", Labels = new Dictionary<string, string> { ["team"] = "a" } },
        Spec = new()
        {
            ClusterIP = clusterIP,
            PublishNotReadyAddresses = publishNotReady,
            Selector = new Dictionary<string, string> { ["app"] = "web" },
            Ports = ports.Length > 0 ? ports : [new() { Name = "http", Port = 80, TargetPort = "web", Protocol = "TCP" }],
        },
    };

    private static JsonElement Template(string image, string? hashLabel)
    {
        // Fields in another order than the other: the order must not count.
        var labels = hashLabel is null ? new JsonObject { ["app"] = "web" } : new JsonObject { [hashLabel] = "x", ["app"] = "web" };
        JsonObject spec = new() { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = image }) };
        return Element((hashLabel is null
            ? new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels }, ["spec"] = spec }
            : new JsonObject { ["spec"] = spec, ["metadata"] = new JsonObject { ["labels"] = labels } }).ToJsonString());
    }

    private static JsonElement Element(string json) => JsonDocument.Parse(json).RootElement.Clone();
}
