using System.Globalization;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Deployments;

/// <summary>Compares a Deployment with its ReplicaSets; pure. The rules are those of kubectl's users' experience: kubernetes.io, Deployments.</summary>
public static class DeploymentPlanner
{
    public const string RevisionAnnotation = "deployment.kubernetes.io/revision";

    /// <param name="deployment">The Deployment.</param>
    /// <param name="sets">ReplicaSets that it controls.</param>
    /// <param name="hasPods">Whether a ReplicaSet still has pods that have not ended, terminating ones included (for Recreate).</param>
    /// <param name="now">The present time, for conditions.</param>
    public static DeploymentPlan Decide(Deployment deployment, IReadOnlyList<ReplicaSet> sets, Func<ReplicaSet, bool> hasPods, DateTimeOffset now)
    {
        var template = TemplateHash.Canonical(deployment.Spec?.Template);
        var current = CurrentOf(sets, template);
        var old = sets.Where(s => s != current).OrderBy(s => s.Metadata.CreationTimestamp).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal).ToList();
        var plan = new DeploymentPlan { Current = current, Revision = RevisionFor(current, old), Status = new DeploymentStatus() };
        if (deployment.Metadata.DeletionTimestamp is null)
            plan = deployment.Spec?.Paused == true ? Paused(plan, deployment, old) : Roll(plan, deployment, template, old, hasPods);
        return plan with { Status = DeploymentStatuses.Of(deployment, plan, sets, now) };
    }

    /// <summary>The ReplicaSet whose template is the Deployment's; the oldest, if there are several.</summary>
    private static ReplicaSet? CurrentOf(IReadOnlyList<ReplicaSet> sets, byte[] template) =>
        sets.Where(s => TemplateHash.Canonical(s.Spec?.Template).AsSpan().SequenceEqual(template)).MinBy(s => s.Metadata.CreationTimestamp);

    private static DeploymentPlan Roll(DeploymentPlan plan, Deployment deployment, byte[] template, List<ReplicaSet> old, Func<ReplicaSet, bool> hasPods)
    {
        if (RolloutLimits.IsRecreate(deployment.Spec))
        {
            var running = old.Where(s => Replicas(s) > 0).Select(s => new Scaling(s, 0)).ToList();
            if (running.Count > 0 || old.Any(hasPods))
                return plan with { Scale = running };
        }
        var wanted = NewReplicas(deployment, plan.Current, old);
        if (plan.Current is null)
        {
            var hash = TemplateHash.Of(template);
            return plan with { Create = new NewReplicaSet($"{deployment.Metadata.Name}-{hash}", hash, wanted) };
        }
        if (wanted != Replicas(plan.Current))
            return plan with { Scale = [new Scaling(plan.Current, wanted)] };
        var down = ScaleDown(deployment, plan.Current, old);
        return plan with { Scale = down, Delete = down.Count == 0 ? BeyondHistory(deployment, plan, old) : [] };
    }

    /// <summary>Nothing rolls; only the wanted number is followed, by the newest ReplicaSet that has pods.</summary>
    private static DeploymentPlan Paused(DeploymentPlan plan, Deployment deployment, List<ReplicaSet> old)
    {
        var active = plan.Current ?? old.LastOrDefault(s => Replicas(s) > 0) ?? old.LastOrDefault();
        var others = old.Where(s => s != active).Sum(Replicas);
        var wanted = Math.Max(0, (deployment.Spec?.Replicas ?? 1) - others);
        return active is null || Replicas(active) == wanted ? plan : plan with { Scale = [new Scaling(active, wanted)] };
    }

    /// <summary>As many as wanted, as far as the surge has room for them.</summary>
    private static int NewReplicas(Deployment deployment, ReplicaSet? current, List<ReplicaSet> old)
    {
        var wanted = deployment.Spec?.Replicas ?? 1;
        var have = current is null ? 0 : Replicas(current);
        if (RolloutLimits.IsRecreate(deployment.Spec) || have >= wanted)
            return wanted;
        // Old pods count until they are really being ended: their ReplicaSet may be told already but not have acted.
        var total = have + old.Sum(s => Math.Max(Replicas(s), s.Status?.Replicas ?? 0));
        var room = wanted + RolloutLimits.Of(deployment.Spec).MaxSurge - total;
        return have + Math.Clamp(room, 0, wanted - have);
    }

    /// <summary>Takes old pods away: first those that do not work anyway, then as many as the new ones replace.</summary>
    private static List<Scaling> ScaleDown(Deployment deployment, ReplicaSet current, List<ReplicaSet> old)
    {
        var least = (deployment.Spec?.Replicas ?? 1) - RolloutLimits.Of(deployment.Spec).MaxUnavailable;
        var targets = old.ToDictionary(s => s, Replicas);
        var newUnavailable = Math.Max(0, Replicas(current) - Available(current));
        var budget = Replicas(current) + old.Sum(Replicas) - least - newUnavailable;
        foreach (var set in old)
        {
            var broken = Math.Min(Math.Max(0, targets[set] - Available(set)), Math.Max(0, budget));
            targets[set] -= broken;
            budget -= broken;
        }
        var spare = Math.Min(budget, Available(current) + old.Sum(Available) - least);
        foreach (var set in old)
        {
            var less = Math.Min(targets[set], Math.Max(0, spare));
            targets[set] -= less;
            spare -= less;
        }
        return [.. old.Where(s => targets[s] != Replicas(s)).Select(s => new Scaling(s, targets[s]))];
    }

    private static List<ReplicaSet> BeyondHistory(Deployment deployment, DeploymentPlan plan, List<ReplicaSet> old)
    {
        var idle = old.Where(s => Replicas(s) == 0 && (s.Status?.Replicas ?? 0) == 0 && s.Metadata.DeletionTimestamp is null).OrderBy(Revision).ToList();
        return [.. idle.Take(Math.Max(0, idle.Count - (deployment.Spec?.RevisionHistoryLimit ?? 10)))];
    }

    private static long RevisionFor(ReplicaSet? current, List<ReplicaSet> old)
    {
        var highest = old.Select(Revision).DefaultIfEmpty(0).Max();
        return current is not null && Revision(current) > highest ? Revision(current) : highest + 1;
    }

    internal static long Revision(IKubeObject value) =>
        long.TryParse(value.Metadata.Annotations?.GetValueOrDefault(RevisionAnnotation), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    internal static int Replicas(ReplicaSet set) => set.Spec?.Replicas ?? 1;

    internal static int Available(ReplicaSet set) => set.Status?.AvailableReplicas ?? 0;
}
