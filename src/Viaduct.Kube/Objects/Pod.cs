using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A Pod (core/v1); only the fields that the network and the node agent read.</summary>
public sealed record Pod : IKubeObject<Pod>
{
    public static ResourceType Resource { get; } = new("", "v1", "pods", "Pod", true);

    public static JsonTypeInfo<Pod> JsonTypeInfo => KubeJson.Default.Pod;

    public static JsonTypeInfo<KubeList<Pod>> ListJsonTypeInfo => KubeJson.Default.KubeListPod;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Pod";

    public ObjectMeta Metadata { get; init; } = new();

    public PodSpec? Spec { get; init; }

    public PodStatus? Status { get; init; }

    /// <summary>Whether the condition Ready is True.</summary>
    public bool IsReady() => Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) ?? false;
}

public sealed record PodSpec
{
    public string? NodeName { get; init; }

    public string? RestartPolicy { get; init; }

    public bool? HostNetwork { get; init; }

    public string? Hostname { get; init; }

    public string? Subdomain { get; init; }

    public string? ServiceAccountName { get; init; }

    public long? TerminationGracePeriodSeconds { get; init; }

    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }

    public IReadOnlyList<Container>? InitContainers { get; init; }

    public IReadOnlyList<Container>? Containers { get; init; }

    public IReadOnlyList<PodReadinessGate>? ReadinessGates { get; init; }
}

public sealed record PodReadinessGate
{
    public string ConditionType { get; init; } = "";
}

public sealed record PodStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; init; }

    public string? PodIP { get; init; }

    public IReadOnlyList<PodIP>? PodIPs { get; init; }

    public string? HostIP { get; init; }

    public IReadOnlyList<HostIP>? HostIPs { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public IReadOnlyList<Condition>? Conditions { get; init; }

    public IReadOnlyList<ContainerStatus>? InitContainerStatuses { get; init; }

    public IReadOnlyList<ContainerStatus>? ContainerStatuses { get; init; }
}

public sealed record PodIP
{
    public string Ip { get; init; } = "";
}

public sealed record HostIP
{
    public string Ip { get; init; } = "";
}
