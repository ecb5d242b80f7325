using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Deployments;

/// <summary>What a Deployment says about itself.</summary>
internal static class DeploymentStatuses
{
    public static DeploymentStatus Of(Deployment deployment, DeploymentPlan plan, IReadOnlyList<ReplicaSet> sets, DateTimeOffset now)
    {
        var total = sets.Sum(s => s.Status?.Replicas ?? 0);
        var available = sets.Sum(DeploymentPlanner.Available);
        var wanted = deployment.Spec?.Replicas ?? 1;
        var status = new DeploymentStatus
        {
            ObservedGeneration = deployment.Metadata.Generation,
            Replicas = total,
            UpdatedReplicas = plan.Current?.Status?.Replicas ?? 0,
            ReadyReplicas = sets.Sum(s => s.Status?.ReadyReplicas ?? 0),
            AvailableReplicas = available,
            UnavailableReplicas = Math.Max(0, Math.Max(total, wanted) - available),
        };
        return status with { Conditions = [Available(deployment, available, now), Progressing(deployment, plan, status, now)] };
    }

    /// <summary>Whether two statuses say the same; zero and absent are equal, times do not count.</summary>
    public static bool Same(DeploymentStatus? a, DeploymentStatus b) =>
        a is not null
        && a.ObservedGeneration == b.ObservedGeneration
        && (a.Replicas ?? 0) == b.Replicas && (a.UpdatedReplicas ?? 0) == b.UpdatedReplicas && (a.ReadyReplicas ?? 0) == b.ReadyReplicas
        && (a.AvailableReplicas ?? 0) == b.AvailableReplicas && (a.UnavailableReplicas ?? 0) == b.UnavailableReplicas
        && (a.Conditions ?? []).Select(Meaning).SequenceEqual((b.Conditions ?? []).Select(Meaning));

    private static (string, string, string?, string?) Meaning(Condition c) => (c.Type, c.Status, c.Reason, c.Message);

    private static Condition Available(Deployment deployment, int available, DateTimeOffset now)
    {
        var least = (deployment.Spec?.Replicas ?? 1) - RolloutLimits.Of(deployment.Spec).MaxUnavailable;
        return available >= least
            ? Renew(deployment, new() { Type = "Available", Status = "True", Reason = "MinimumReplicasAvailable", Message = "Deployment has minimum availability." }, now)
            : Renew(deployment, new() { Type = "Available", Status = "False", Reason = "MinimumReplicasUnavailable", Message = "Deployment does not have minimum availability." }, now);
    }

    private static Condition Progressing(Deployment deployment, DeploymentPlan plan, DeploymentStatus status, DateTimeOffset now)
    {
        var wanted = deployment.Spec?.Replicas ?? 1;
        var isComplete = plan.Current is not null && status.UpdatedReplicas == wanted && status.Replicas == wanted && status.AvailableReplicas == wanted;
        var before = deployment.Status?.Conditions?.FirstOrDefault(c => c.Type == "Progressing");
        // Once rolled out, scaling or a lost pod is no rollout again.
        if (!isComplete && before is { Reason: "NewReplicaSetAvailable" } && plan.Create is null && status.Replicas == status.UpdatedReplicas)
            return before;
        var (reason, message) = (plan, isComplete) switch
        {
            ({ Create: { } made }, _) => ("NewReplicaSetCreated", $"Created new replica set \"{made.Name}\""),
            (_, true) => ("NewReplicaSetAvailable", $"ReplicaSet \"{plan.Current!.Metadata.Name}\" has successfully progressed."),
            ({ Current: { } set }, _) => ("ReplicaSetUpdated", $"ReplicaSet \"{set.Metadata.Name}\" is progressing."),
            _ => ("ReplicaSetUpdated", $"Deployment \"{deployment.Metadata.Name}\" is progressing."),
        };
        return Renew(deployment, new Condition { Type = "Progressing", Status = "True", Reason = reason, Message = message }, now);
    }

    /// <summary>Keeps the times of a condition as far as it says what it said before.</summary>
    private static Condition Renew(Deployment deployment, Condition condition, DateTimeOffset now)
    {
        var before = deployment.Status?.Conditions?.FirstOrDefault(c => c.Type == condition.Type);
        if (before is not null && Meaning(before) == Meaning(condition))
            return before;
        return condition with { LastUpdateTime = now, LastTransitionTime = before?.Status == condition.Status ? before.LastTransitionTime : now };
    }
}
