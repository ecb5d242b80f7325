using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Selectors;

namespace Viaduct.Controllers.ReplicaSets;

/// <summary>What brings a ReplicaSet to its number of pods.</summary>
public sealed record ReplicaSetPlan
{
    /// <summary>How many pods to create.</summary>
    public int Create { get; init; }

    public IReadOnlyList<Pod> Delete { get; init; } = [];

    /// <summary>Pods without a controller that the selector matches: they become this ReplicaSet's.</summary>
    public IReadOnlyList<Pod> Adopt { get; init; } = [];

    /// <summary>Own pods that the selector no longer matches.</summary>
    public IReadOnlyList<Pod> Release { get; init; } = [];

    public required ReplicaSetStatus Status { get; init; }

    /// <summary>When a pod becomes available by time alone.</summary>
    public TimeSpan? CheckAgain { get; init; }
}

/// <summary>Compares a ReplicaSet with its pods; pure.</summary>
public static class ReplicaSetPlanner
{
    /// <param name="set">The ReplicaSet.</param>
    /// <param name="own">Pods that it controls.</param>
    /// <param name="orphans">Pods of the namespace without a controller.</param>
    /// <param name="now">The present time, for minReadySeconds.</param>
    public static ReplicaSetPlan Decide(ReplicaSet set, IReadOnlyList<Pod> own, IReadOnlyList<Pod> orphans, DateTimeOffset now)
    {
        var matching = own.Where(p => Matches(set, p)).ToList();
        var active = matching.Where(p => p.IsActive()).ToList();
        var status = StatusOf(set, active, now);
        if (set.Metadata.DeletionTimestamp is not null)
            return new ReplicaSetPlan { Status = status };
        var adopt = orphans.Where(p => p.IsActive() && Matches(set, p)).ToList();
        var release = own.Where(p => !Matches(set, p) && !p.IsTerminating()).ToList();
        var missing = (set.Spec?.Replicas ?? 1) - active.Count - adopt.Count;
        return new ReplicaSetPlan
        {
            Create = Math.Max(0, missing),
            Delete = missing < 0 ? [.. ByWorth(active).Take(-missing)] : [],
            Adopt = adopt,
            Release = release,
            Status = status,
            CheckAgain = NextAvailable(set, active, now),
        };
    }

    /// <summary>The pods in the order in which a scale-down takes them: the least useful first.</summary>
    private static IEnumerable<Pod> ByWorth(List<Pod> active)
    {
        var perNode = active.CountBy(p => p.Spec?.NodeName ?? "").ToDictionary();
        return active
            .OrderBy(p => string.IsNullOrEmpty(p.Spec?.NodeName) ? 0 : 1)
            .ThenBy(p => p.Status?.Phase switch { "Running" => 2, "Unknown" => 1, _ => 0 })
            .ThenBy(p => p.IsReady() ? 1 : 0)
            .ThenBy(DeletionCost)
            .ThenByDescending(p => perNode[p.Spec?.NodeName ?? ""])
            .ThenByDescending(p => p.ReadySince() ?? DateTimeOffset.MinValue)
            .ThenByDescending(p => p.Status?.ContainerStatuses?.Sum(c => c.RestartCount) ?? 0)
            .ThenByDescending(p => p.Metadata.CreationTimestamp)
            .ThenBy(p => p.Metadata.Name, StringComparer.Ordinal);
    }

    private static int DeletionCost(Pod pod) =>
        int.TryParse(pod.Metadata.Annotations?.GetValueOrDefault("controller.kubernetes.io/pod-deletion-cost"), out var cost) ? cost : 0;

    private static ReplicaSetStatus StatusOf(ReplicaSet set, List<Pod> active, DateTimeOffset now)
    {
        var minReady = set.Spec?.MinReadySeconds ?? 0;
        return new ReplicaSetStatus
        {
            ObservedGeneration = set.Metadata.Generation,
            Replicas = active.Count,
            FullyLabeledReplicas = active.Count(p => LabelSelectors.Matches(set.Spec?.Selector?.MatchLabels, p.Metadata.Labels)),
            ReadyReplicas = active.Count(p => p.IsReady()),
            AvailableReplicas = active.Count(p => p.IsAvailable(minReady, now)),
        };
    }

    private static TimeSpan? NextAvailable(ReplicaSet set, List<Pod> active, DateTimeOffset now)
    {
        var minReady = TimeSpan.FromSeconds(set.Spec?.MinReadySeconds ?? 0);
        return active.Where(p => p.IsReady() && !p.IsAvailable(set.Spec?.MinReadySeconds ?? 0, now))
            .Select(p => (TimeSpan?)(p.ReadySince()!.Value + minReady - now)).Min();
    }

    private static bool Matches(ReplicaSet set, Pod pod) => LabelSelectors.Matches(set.Spec?.Selector, pod.Metadata.Labels);
}
