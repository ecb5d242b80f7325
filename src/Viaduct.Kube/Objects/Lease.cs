using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A Lease (coordination.k8s.io/v1); only its metadata is read.</summary>
public sealed record Lease : IKubeObject<Lease>
{
    public static ResourceType Resource { get; } = new("coordination.k8s.io", "v1", "leases", "Lease", true);

    public static JsonTypeInfo<Lease> JsonTypeInfo => KubeJson.Default.Lease;

    public static JsonTypeInfo<KubeList<Lease>> ListJsonTypeInfo => KubeJson.Default.KubeListLease;

    public string ApiVersion { get; init; } = "coordination.k8s.io/v1";

    public string Kind { get; init; } = "Lease";

    public ObjectMeta Metadata { get; init; } = new();
}
