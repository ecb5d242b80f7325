using System.Text.Json.Serialization.Metadata;

namespace Viaduct.Kube.Objects;

/// <summary>A Secret (core/v1); only its metadata is read.</summary>
public sealed record Secret : IKubeObject<Secret>
{
    public static ResourceType Resource { get; } = new("", "v1", "secrets", "Secret", true);

    public static JsonTypeInfo<Secret> JsonTypeInfo => KubeJson.Default.Secret;

    public static JsonTypeInfo<KubeList<Secret>> ListJsonTypeInfo => KubeJson.Default.KubeListSecret;

    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Secret";

    public ObjectMeta Metadata { get; init; } = new();
}
