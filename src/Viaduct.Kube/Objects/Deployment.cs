using System.Text.Json.Serialization.Metadata;
using System.Text.Json;

namespace Viaduct.Kube.Objects;

/// <summary>A Deployment (apps/v1); the pod template stays raw JSON, so that nothing of it is lost.</summary>
public sealed record Deployment : IKubeObject<Deployment>
{
    public static ResourceType Resource { get; } = new("apps", "v1", "deployments", "Deployment", true);

    public static JsonTypeInfo<Deployment> JsonTypeInfo => KubeJson.Default.Deployment;

    public static JsonTypeInfo<KubeList<Deployment>> ListJsonTypeInfo => KubeJson.Default.KubeListDeployment;

    public string ApiVersion { get; init; } = "apps/v1";

    public string Kind { get; init; } = "Deployment";

    public ObjectMeta Metadata { get; init; } = new();

    public DeploymentSpec? Spec { get; init; }

    public DeploymentStatus? Status { get; init; }
}

public sealed record DeploymentSpec
{
    public int? Replicas { get; init; }

    public LabelSelector? Selector { get; init; }

    public JsonElement? Template { get; init; }

    public DeploymentStrategy? Strategy { get; init; }

    public int? MinReadySeconds { get; init; }

    public int? RevisionHistoryLimit { get; init; }

    public bool? Paused { get; init; }
}

public sealed record DeploymentStrategy
{
    public string? Type { get; init; }

    public RollingUpdateDeployment? RollingUpdate { get; init; }
}

public sealed record RollingUpdateDeployment
{
    public IntOrString? MaxUnavailable { get; init; }

    public IntOrString? MaxSurge { get; init; }
}

public sealed record DeploymentStatus
{
    public long? ObservedGeneration { get; init; }

    public int? Replicas { get; init; }

    public int? UpdatedReplicas { get; init; }

    public int? ReadyReplicas { get; init; }

    public int? AvailableReplicas { get; init; }

    public int? UnavailableReplicas { get; init; }

    public IReadOnlyList<Condition>? Conditions { get; init; }
}
