using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

/// <summary>The status of a pod from what its worker sees; pure.</summary>
internal static class PodStatusBuilder
{
    private static readonly string[] OwnConditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];

    public static PodStatus Build(PodFacts pod, DateTimeOffset now)
    {
        var phase = Phase(pod);
        return new PodStatus
        {
            Phase = phase,
            PodIP = pod.PodIPs is [var first, ..] ? first : null,
            PodIPs = pod.PodIPs.Count == 0 ? null : [.. pod.PodIPs.Select(ip => new PodIP { Ip = ip })],
            HostIP = pod.HostIPs[0],
            HostIPs = [.. pod.HostIPs.Select(ip => new HostIP { Ip = ip })],
            StartTime = pod.StartTime,
            Conditions = Conditions(pod, phase, now),
            InitContainerStatuses = pod.Init.Count == 0 ? null : [.. pod.Init.Select(c => c.ToStatus())],
            ContainerStatuses = [.. pod.Main.Select(c => c.ToStatus())],
        };
    }

    public static string Phase(PodFacts pod)
    {
        if (PodPlan.IsOver(pod))
            return pod.All.Where(c => c.Role != ContainerRole.Sidecar).All(c => c.Succeeded) ? "Succeeded" : "Failed";
        var neverRan = pod.Main.Any(c => !c.IsRunning && c.LastExit is null);
        return neverRan || !pod.IsInitialized ? "Pending" : "Running";
    }

    private static List<Condition> Conditions(PodFacts pod, string phase, DateTimeOffset now)
    {
        var before = pod.Pod.Status?.Conditions ?? [];
        var unready = pod.All.Where(c => c.Role != ContainerRole.Init && !c.Ready).Select(c => c.Spec.Name).ToList();
        var containersReady = Verdict("ContainersReady", phase, unready, "ContainersNotReady", "containers with unready status");
        var gates = pod.Pod.Spec?.ReadinessGates?.Where(g => !IsTrue(before, g.ConditionType)).Select(g => g.ConditionType).ToList() ?? [];
        Condition[] own =
        [
            new() { Type = "PodReadyToStartContainers", Status = pod.HasSandbox ? "True" : "False" },
            Initialized(pod, phase),
            containersReady.Status == "True"
                ? Verdict("Ready", phase, gates, "ReadinessGatesNotReady", "the status of pod readiness gates is not \"True\"")
                : containersReady with { Type = "Ready" },
            containersReady,
        ];
        var foreign = before.Where(c => !OwnConditions.Contains(c.Type));
        return [.. foreign, .. own.Select(c => WithTransition(c, before, now))];
    }

    private static Condition Initialized(PodFacts pod, string phase)
    {
        if (pod.IsInitialized)
            return new Condition { Type = "Initialized", Status = "True", Reason = phase == "Succeeded" ? "PodCompleted" : null };
        var incomplete = pod.Init.SkipWhile(c => c != pod.PendingInit).Select(c => c.Spec.Name);
        return new Condition
        {
            Type = "Initialized",
            Status = "False",
            Reason = "ContainersNotInitialized",
            Message = $"containers with incomplete status: [{string.Join(' ', incomplete)}]",
        };
    }

    private static Condition Verdict(string type, string phase, List<string> missing, string reason, string message) => phase switch
    {
        "Succeeded" => new Condition { Type = type, Status = "False", Reason = "PodCompleted" },
        "Failed" => new Condition { Type = type, Status = "False", Reason = "PodFailed" },
        _ when missing.Count == 0 => new Condition { Type = type, Status = "True" },
        _ => new Condition { Type = type, Status = "False", Reason = reason, Message = $"{message}: [{string.Join(' ', missing)}]" },
    };

    private static bool IsTrue(IReadOnlyList<Condition> conditions, string type) =>
        conditions.Any(c => c.Type == type && c.Status == "True");

    /// <summary>The transition time changes only when the status does.</summary>
    private static Condition WithTransition(Condition condition, IReadOnlyList<Condition> before, DateTimeOffset now)
    {
        var old = before.FirstOrDefault(c => c.Type == condition.Type);
        return condition with { LastTransitionTime = old?.Status == condition.Status ? old.LastTransitionTime : now };
    }
}
