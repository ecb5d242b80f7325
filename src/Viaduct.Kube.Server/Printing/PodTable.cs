using System.Globalization;
using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

/// <summary>The columns of pods; Status sums up phase, containers and deletion (KK pkg/printers/internalversion printPod).</summary>
internal static class PodTable
{
    public static TableDefinition Definition { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Ready", Ready),
        TableDefinition.Text("Status", Status),
        new TableColumn("Restarts", "string", Restarts),
        TableDefinition.Age,
        TableDefinition.Text("IP", p => p.ItemsAt("status", "podIPs").Select(i => i.TextAt("ip")).FirstOrDefault() ?? p.TextAt("status", "podIP") ?? Lists.None, 1),
        TableDefinition.Text("Node", p => p.TextAt("spec", "nodeName") ?? Lists.None, 1),
        TableDefinition.Text("Nominated Node", p => p.TextAt("status", "nominatedNodeName") ?? Lists.None, 1),
        TableDefinition.Text("Readiness Gates", ReadinessGates, 1));

    private static string Ready(JsonElement pod)
    {
        var restartable = RestartableInitNames(pod);
        var total = pod.ItemsAt("spec", "containers").Count() + restartable.Count;
        var ready = pod.ItemsAt("status", "containerStatuses").Count(c => c.FlagAt("ready") && c.At("state", "running").ValueKind != JsonValueKind.Undefined)
            + pod.ItemsAt("status", "initContainerStatuses").Count(c => c.FlagAt("ready") && restartable.Contains(c.TextAt("name") ?? ""));
        return $"{ready}/{total}";
    }

    private static string Status(JsonElement pod)
    {
        var reason = pod.TextAt("status", "reason") ?? pod.TextAt("status", "phase") ?? "Unknown";
        if (InitReason(pod) is { } init)
            reason = init;
        else
            reason = ContainerReason(pod, reason);
        var isDeleted = pod.TextAt("metadata", "deletionTimestamp") is not null;
        if (isDeleted && pod.TextAt("status", "reason") == "NodeLost")
            return "Unknown";
        return isDeleted && pod.TextAt("status", "phase") is not ("Succeeded" or "Failed") ? "Terminating" : reason;
    }

    private static string ContainerReason(JsonElement pod, string reason)
    {
        var hasRunning = false;
        foreach (var container in pod.ItemsAt("status", "containerStatuses").Reverse())
        {
            if (container.TextAt("state", "waiting", "reason") is { Length: > 0 } waiting)
                reason = waiting;
            else if (container.At("state", "terminated").ValueKind == JsonValueKind.Object)
                reason = TerminatedReason(container.At("state", "terminated"));
            else if (container.FlagAt("ready") && container.At("state", "running").ValueKind == JsonValueKind.Object)
                hasRunning = true;
        }
        if (reason != "Completed" || !hasRunning)
            return reason;
        var isReady = pod.ItemsAt("status", "conditions").Any(c => c.TextAt("type") == "Ready" && c.TextAt("status") == "True");
        return isReady ? "Running" : "NotReady";
    }

    private static string? InitReason(JsonElement pod)
    {
        var restartable = RestartableInitNames(pod);
        var total = pod.ItemsAt("spec", "initContainers").Count();
        var index = 0;
        foreach (var container in pod.ItemsAt("status", "initContainerStatuses"))
        {
            var terminated = container.At("state", "terminated");
            var isDone = terminated.ValueKind == JsonValueKind.Object && terminated.NumberAt("exitCode") == 0;
            if (isDone || (restartable.Contains(container.TextAt("name") ?? "") && container.FlagAt("started")))
            {
                index++;
                continue;
            }
            if (terminated.ValueKind == JsonValueKind.Object)
                return $"Init:{TerminatedReason(terminated)}";
            if (container.TextAt("state", "waiting", "reason") is { Length: > 0 } waiting and not "PodInitializing")
                return $"Init:{waiting}";
            return $"Init:{index}/{total}";
        }
        return null;
    }

    private static string TerminatedReason(JsonElement terminated)
    {
        if (terminated.TextAt("reason") is { Length: > 0 } reason)
            return reason;
        return terminated.NumberAt("signal") is var signal and not 0 ? $"Signal:{signal}" : $"ExitCode:{terminated.NumberAt("exitCode")}";
    }

    private static string Restarts(JsonElement pod, DateTimeOffset now)
    {
        long restarts = 0;
        var last = DateTimeOffset.MinValue;
        foreach (var container in pod.ItemsAt("status", "containerStatuses"))
        {
            restarts += container.NumberAt("restartCount");
            if (DateTimeOffset.TryParse(container.TextAt("lastState", "terminated", "finishedAt"), CultureInfo.InvariantCulture, out var finished) && finished > last)
                last = finished;
        }
        return restarts > 0 && last > DateTimeOffset.MinValue ? $"{restarts} ({Ages.Show(now - last)} ago)" : restarts.ToString(CultureInfo.InvariantCulture);
    }

    private static string ReadinessGates(JsonElement pod)
    {
        var gates = pod.ItemsAt("spec", "readinessGates").Select(g => g.TextAt("conditionType")).ToList();
        if (gates.Count == 0)
            return Lists.None;
        var passed = gates.Count(g => pod.ItemsAt("status", "conditions").Any(c => c.TextAt("type") == g && c.TextAt("status") == "True"));
        return $"{passed}/{gates.Count}";
    }

    private static HashSet<string> RestartableInitNames(JsonElement pod) =>
        [.. pod.ItemsAt("spec", "initContainers").Where(c => c.TextAt("restartPolicy") == "Always").Select(c => c.TextAt("name") ?? "")];
}
