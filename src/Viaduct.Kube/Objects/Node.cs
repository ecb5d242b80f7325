using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A Node (core/v1).</summary>
public sealed record Node : IKubeObject<Node>
{
    public static ResourceType Resource { get; } = new("", "v1", "nodes", "Node", false);

    public static JsonTypeInfo<Node> JsonTypeInfo => KubeJson.Default.Node;

    public static JsonTypeInfo<KubeList<Node>> ListJsonTypeInfo => KubeJson.Default.KubeListNode;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Node";

    public ObjectMeta Metadata { get; init; } = new();

    public NodeSpec? Spec { get; init; }

    public NodeStatus? Status { get; init; }

    /// <summary>The first address of type InternalIP, or null.</summary>
    public string? InternalIP() => Status?.Addresses?.FirstOrDefault(a => a.Type == "InternalIP")?.Address;
}

public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }

    public IReadOnlyList<string>? PodCIDRs { get; init; }

    public bool? Unschedulable { get; init; }

    public IReadOnlyList<Taint>? Taints { get; init; }
}

public sealed record Taint
{
    public string Key { get; init; } = "";

    public string? Value { get; init; }

    /// <summary>NoSchedule, PreferNoSchedule or NoExecute.</summary>
    public string Effect { get; init; } = "";
}

public sealed record NodeStatus
{
    public IReadOnlyList<NodeAddress>? Addresses { get; init; }

    public IReadOnlyList<Condition>? Conditions { get; init; }

    /// <summary>Quantities of what pods may use, such as <c>pods</c>: "110".</summary>
    public IReadOnlyDictionary<string, JsonElement>? Allocatable { get; init; }
}

public sealed record NodeAddress
{
    /// <summary>InternalIP, Hostname or ExternalIP.</summary>
    public string Type { get; init; } = "";

    public string Address { get; init; } = "";
}
