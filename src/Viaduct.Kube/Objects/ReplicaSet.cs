using System.Text.Json.Serialization.Metadata;
using System.Text.Json;

namespace Viaduct.Kube.Objects;

/// <summary>A ReplicaSet (apps/v1); the pod template stays raw JSON, so that nothing of it is lost.</summary>
public sealed record ReplicaSet : IKubeObject<ReplicaSet>
{
    public static ResourceType Resource { get; } = new("apps", "v1", "replicasets", "ReplicaSet", true);

    public static JsonTypeInfo<ReplicaSet> JsonTypeInfo => KubeJson.Default.ReplicaSet;

    public static JsonTypeInfo<KubeList<ReplicaSet>> ListJsonTypeInfo => KubeJson.Default.KubeListReplicaSet;

    public string ApiVersion { get; init; } = "apps/v1";

    public string Kind { get; init; } = "ReplicaSet";

    public ObjectMeta Metadata { get; init; } = new();

    public ReplicaSetSpec? Spec { get; init; }

    public ReplicaSetStatus? Status { get; init; }
}

public sealed record ReplicaSetSpec
{
    public int? Replicas { get; init; }

    public LabelSelector? Selector { get; init; }

    public JsonElement? Template { get; init; }

    public int? MinReadySeconds { get; init; }
}

public sealed record ReplicaSetStatus
{
    public long? ObservedGeneration { get; init; }

    public int? Replicas { get; init; }

    public int? FullyLabeledReplicas { get; init; }

    public int? ReadyReplicas { get; init; }

    public int? AvailableReplicas { get; init; }
}
