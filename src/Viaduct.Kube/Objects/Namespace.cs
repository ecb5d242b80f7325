using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A Namespace (core/v1).</summary>
public sealed record Namespace : IKubeObject<Namespace>
{
    public static ResourceType Resource { get; } = new("", "v1", "namespaces", "Namespace", false);

    public static JsonTypeInfo<Namespace> JsonTypeInfo => KubeJson.Default.Namespace;

    public static JsonTypeInfo<KubeList<Namespace>> ListJsonTypeInfo => KubeJson.Default.KubeListNamespace;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Namespace";

    public ObjectMeta Metadata { get; init; } = new();

    public NamespaceStatus? Status { get; init; }
}

public sealed record NamespaceStatus
{
    public string? Phase { get; init; }
}
