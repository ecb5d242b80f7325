using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Deployments;

/// <summary>A ReplicaSet to create for the present template.</summary>
public sealed record NewReplicaSet(string Name, string Hash, int Replicas);

/// <summary>A ReplicaSet and the number of replicas it shall have.</summary>
public sealed record Scaling(ReplicaSet Set, int Replicas);

/// <summary>What brings a Deployment one step further; the change of its ReplicaSets leads to the next step.</summary>
public sealed record DeploymentPlan
{
    public NewReplicaSet? Create { get; init; }

    public IReadOnlyList<Scaling> Scale { get; init; } = [];

    /// <summary>Old ReplicaSets beyond the history limit.</summary>
    public IReadOnlyList<ReplicaSet> Delete { get; init; } = [];

    /// <summary>The ReplicaSet of the present template, if it exists.</summary>
    public ReplicaSet? Current { get; init; }

    /// <summary>Number of the present template among all that this Deployment had.</summary>
    public long Revision { get; init; }

    public required DeploymentStatus Status { get; init; }
}
