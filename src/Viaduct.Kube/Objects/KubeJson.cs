using System.Text.Json.Serialization;

namespace Viaduct.Kube.Objects;

/// <summary>JSON contracts of all typed objects, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(KubeTimeConverter)])]
[JsonSerializable(typeof(KubeList<ConfigMap>), TypeInfoPropertyName = "KubeListConfigMap")]
[JsonSerializable(typeof(KubeList<Deployment>), TypeInfoPropertyName = "KubeListDeployment")]
[JsonSerializable(typeof(KubeList<Endpoints>), TypeInfoPropertyName = "KubeListEndpoints")]
[JsonSerializable(typeof(KubeList<EndpointSlice>), TypeInfoPropertyName = "KubeListEndpointSlice")]
[JsonSerializable(typeof(KubeList<Event>), TypeInfoPropertyName = "KubeListEvent")]
[JsonSerializable(typeof(KubeList<Namespace>), TypeInfoPropertyName = "KubeListNamespace")]
[JsonSerializable(typeof(KubeList<Node>), TypeInfoPropertyName = "KubeListNode")]
[JsonSerializable(typeof(KubeList<Pod>), TypeInfoPropertyName = "KubeListPod")]
[JsonSerializable(typeof(KubeList<ReplicaSet>), TypeInfoPropertyName = "KubeListReplicaSet")]
[JsonSerializable(typeof(KubeList<Service>), TypeInfoPropertyName = "KubeListService")]
[JsonSerializable(typeof(KubeList<ServiceAccount>), TypeInfoPropertyName = "KubeListServiceAccount")]
[JsonSerializable(typeof(KubeList<ServiceCIDR>), TypeInfoPropertyName = "KubeListServiceCIDR")]
[JsonSerializable(typeof(Status))]
public sealed partial class KubeJson : JsonSerializerContext;
