using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.RealServer;

/// <summary>The simplest thing that <see cref="RealApiServer"/> stores, a ContainerVolume; of it we use the metadata only.</summary>
public sealed record StoredObject : IKubeObject<StoredObject>
{
    /// <summary>As all objects are written.</summary>
    public static JsonSerializerOptions Json { get; } = new(KubeJson.Default.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(KubeJson.Default, new DefaultJsonTypeInfoResolver()),
    };

    public static ResourceType Resource { get; } = new("usvc-dev.developer.microsoft.com", "v1", "containervolumes", "ContainerVolume", false);

    public static JsonTypeInfo<StoredObject> JsonTypeInfo => (JsonTypeInfo<StoredObject>)Json.GetTypeInfo(typeof(StoredObject));

    public static JsonTypeInfo<KubeList<StoredObject>> ListJsonTypeInfo => (JsonTypeInfo<KubeList<StoredObject>>)Json.GetTypeInfo(typeof(KubeList<StoredObject>));

    public string ApiVersion { get; init; } = Resource.ApiVersion;

    public string Kind { get; init; } = Resource.Kind;

    public ObjectMeta Metadata { get; init; } = new();

    public StoredSpec Spec { get; init; } = new();
}

public sealed record StoredSpec
{
    /// <summary>Required, and never changed.</summary>
    public string Name { get; init; } = "unused";
}
