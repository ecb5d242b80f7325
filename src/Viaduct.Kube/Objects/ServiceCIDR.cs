using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>Ranges that cluster IPs are taken from (networking.k8s.io/v1).</summary>
public sealed record ServiceCIDR : IKubeObject<ServiceCIDR>
{
    public static ResourceType Resource { get; } = new("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false);

    public static JsonTypeInfo<ServiceCIDR> JsonTypeInfo => KubeJson.Default.ServiceCIDR;

    public static JsonTypeInfo<KubeList<ServiceCIDR>> ListJsonTypeInfo => KubeJson.Default.KubeListServiceCIDR;

    public string ApiVersion { get; init; } = "networking.k8s.io/v1";

    public string Kind { get; init; } = "ServiceCIDR";

    public ObjectMeta Metadata { get; init; } = new();

    public ServiceCIDRSpec? Spec { get; init; }
}

public sealed record ServiceCIDRSpec
{
    /// <summary>At most one range of each IP family.</summary>
    public IReadOnlyList<string>? Cidrs { get; init; }
}
