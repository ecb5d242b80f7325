namespace Viaduct.Node.Pods;

/// <summary>What a pod's worker has to do next.</summary>
/// <param name="Start">Containers to start now, by name.</param>
/// <param name="WakeAt">When a container's back-off ends; null when nothing waits for the clock.</param>
/// <param name="IsFinished">Every container has run to its end and none will run again: the pod is Succeeded or Failed.</param>
internal sealed record PodPlan(IReadOnlyList<string> Start, DateTimeOffset? WakeAt, bool IsFinished)
{
    private static readonly PodPlan Idle = new([], null, false);

    /// <summary>Init containers one after the other, then all main containers; sidecars are kept running beside both.</summary>
    public static PodPlan Decide(PodFacts pod, DateTimeOffset now)
    {
        if (IsOver(pod))
            return Idle with { IsFinished = true };
        var pending = pod.PendingInit;
        var candidates = pending is null
            ? pod.All.Where(c => c.Role != ContainerRole.Init)
            : pod.Init.TakeWhile(c => c != pending).Where(c => c.Role == ContainerRole.Sidecar).Append(pending);
        return Choose([.. candidates.Where(c => c.ShouldRun(pod.RestartPolicy))], now);
    }

    /// <summary>An init container failed for good, or no main container runs or will run.</summary>
    public static bool IsOver(PodFacts pod)
    {
        if (pod.PendingInit is { Role: ContainerRole.Init, LastExit: not null } failed && !failed.ShouldRun(pod.RestartPolicy))
            return true;
        return pod.IsInitialized && pod.Main.Count > 0 && pod.Main.All(c => !c.IsRunning && !c.ShouldRun(pod.RestartPolicy));
    }

    private static PodPlan Choose(List<ContainerFacts> candidates, DateTimeOffset now)
    {
        var later = candidates.Where(c => c.MayStartAt > now).ToList();
        return new PodPlan(
            [.. candidates.Except(later).Select(c => c.Spec.Name)],
            later.Count == 0 ? null : later.Min(c => c.MayStartAt),
            false);
    }
}
