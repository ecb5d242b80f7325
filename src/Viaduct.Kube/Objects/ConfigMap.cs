using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A ConfigMap (core/v1).</summary>
public sealed record ConfigMap : IKubeObject<ConfigMap>
{
    public static ResourceType Resource { get; } = new("", "v1", "configmaps", "ConfigMap", true);

    public static JsonTypeInfo<ConfigMap> JsonTypeInfo => KubeJson.Default.ConfigMap;

    public static JsonTypeInfo<KubeList<ConfigMap>> ListJsonTypeInfo => KubeJson.Default.KubeListConfigMap;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "ConfigMap";

    public ObjectMeta Metadata { get; init; } = new();

    public IReadOnlyDictionary<string, string>? Data { get; init; }
}
