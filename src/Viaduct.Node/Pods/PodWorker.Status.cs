using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;
using Viaduct.Node.Probes;

namespace Viaduct.Node.Pods;

/// <summary>What the worker knows, as facts and as the pod's status.</summary>
internal sealed partial class PodWorker
{
    /// <summary>Timestamps in the API have whole seconds; finer ones would look like a change each time.</summary>
    private static DateTimeOffset Seconds(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), time.Offset);

    private static IEnumerable<ContainerSlot> MakeSlots(Pod pod, DateTimeOffset now)
    {
        var policy = pod.Spec?.RestartPolicy ?? "Always";
        foreach (var container in pod.Spec?.InitContainers ?? [])
        {
            var role = container.RestartPolicy == "Always" ? ContainerRole.Sidecar : ContainerRole.Init;
            yield return new ContainerSlot(container, role, policy, Before(pod.Status?.InitContainerStatuses, container), now);
        }

        foreach (var container in pod.Spec?.Containers ?? [])
            yield return new ContainerSlot(container, ContainerRole.Main, policy, Before(pod.Status?.ContainerStatuses, container), now);
    }

    private static ContainerStatus? Before(IReadOnlyList<ContainerStatus>? statuses, Container container) =>
        statuses?.FirstOrDefault(s => s.Name == container.Name);

    private PodFacts CurrentFacts() => new()
    {
        Pod = _pod,
        Init = [.. _slots.Where(s => s.Facts.Role != ContainerRole.Main).Select(s => s.Facts)],
        Main = [.. _slots.Where(s => s.Facts.Role == ContainerRole.Main).Select(s => s.Facts)],
        HasSandbox = Sandbox is not null,
        PodIPs = _addresses,
        HostIPs = [.. _services.Options.NodeAddresses.Select(a => a.ToString())],
        StartTime = Seconds(_startTime),
    };

    private void PublishStatus()
    {
        Facts = CurrentFacts();
        _status.Publish(PodStatusBuilder.Build(Facts, Seconds(Now())));
    }

    /// <summary>Brings what probes say into the worker's loop; of a run that has ended it counts no more.</summary>
    private sealed class ProbeMessages(PodWorker worker, ContainerSlot slot, IRunningContainer run) : IProbeObserver
    {
        public void OnProbes(bool started, bool ready) => worker.Post(() =>
        {
            if (slot.Running == run)
                slot.OnProbes(started, ready);
        });

        public void OnProbeFailure(ProbeKind kind, string message, bool restart) => worker.Post(() =>
        {
            if (slot.Running != run)
                return;
            var verdict = restart ? $"{kind} probe failed, container {slot.Name} is restarted" : $"{kind} probe failed";
            worker._services.Events.Warn(worker._pod, "Unhealthy", $"{verdict}: {message}", CancellationToken.None);
            if (restart)
                run.Stop(TimeSpan.FromSeconds(worker._pod.Spec?.TerminationGracePeriodSeconds ?? 30));
        });
    }
}
