using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A ServiceAccount (core/v1).</summary>
public sealed record ServiceAccount : IKubeObject<ServiceAccount>
{
    public static ResourceType Resource { get; } = new("", "v1", "serviceaccounts", "ServiceAccount", true);

    public static JsonTypeInfo<ServiceAccount> JsonTypeInfo => KubeJson.Default.ServiceAccount;

    public static JsonTypeInfo<KubeList<ServiceAccount>> ListJsonTypeInfo => KubeJson.Default.KubeListServiceAccount;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "ServiceAccount";

    public ObjectMeta Metadata { get; init; } = new();
}
