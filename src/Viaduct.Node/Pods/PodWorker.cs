using System.Threading.Channels;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;
using Viaduct.Node.Network;
using Viaduct.Node.Sandboxes;

namespace Viaduct.Node.Pods;

/// <summary>
/// Brings one pod to what the API wants of it. Everything that happens (a new version of the pod, an exit, a probe, a timer) comes
/// as a message; after each, the worker compares what is with what should be and does the next steps. All state belongs to its loop.
/// </summary>
internal sealed partial class PodWorker
{
    private readonly PodServices _services;
    private readonly PodStatusWriter _status;
    private readonly Channel<Action> _mailbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<ContainerSlot> _slots;
    private readonly DateTimeOffset _startTime;
    private readonly ITimer _timer;
    private readonly Backoff _sandboxBackoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
    private DateTimeOffset? _sandboxRetryAt;
    private Pod _pod;
    private IReadOnlyList<string> _addresses;
    private bool _removed;
    private bool _done;

    public PodWorker(PodServices services, Pod pod)
    {
        _services = services;
        _pod = pod;
        var now = Now();
        _startTime = pod.Status?.StartTime ?? now;
        _slots = [.. MakeSlots(pod, now)];
        // A finished pod keeps its last address in the status; a running one gets a new network.
        _addresses = IsTerminal(pod) ? [.. (pod.Status?.PodIPs ?? []).Select(p => p.Ip)] : [];
        _status = new PodStatusWriter(services.Api, Namespace, Name, pod.Metadata.Uid, services.Log);
        _status.Observe(pod);
        Logs = new PodLogs(Path.Combine(services.Options.PodLogDirectory, $"{Namespace}_{Name}_{pod.Metadata.Uid}"), services.Time);
        _timer = services.Time.CreateTimer(_ => Post(() => { }), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Facts = CurrentFacts();
        Post(() => { });
    }

    public string Namespace => _pod.Metadata.Namespace ?? "default";

    public string Name => _pod.Metadata.Name ?? "";

    public string? Uid => _pod.Metadata.Uid;

    public PodLogs Logs { get; }

    /// <summary>The pod as last seen by its worker; for other threads.</summary>
    public PodFacts Facts { get; private set => Volatile.Write(ref field, value); }

    /// <summary>The pod's network, once it is there; for other threads.</summary>
    public Sandbox? Sandbox { get; private set => Volatile.Write(ref field, value); }

    /// <summary>A new version of the pod.</summary>
    public void Update(Pod pod) => Post(() =>
    {
        _pod = pod;
        _status.Observe(pod);
    });

    /// <summary>The pod is gone from the API.</summary>
    public void Remove() => Post(() => _removed = true);

    /// <summary>Where <c>exec</c> into a container runs; null when it does not run. Its target is null in a stand-in.</summary>
    public IRunningContainer? FindRunning(string container) => _slots.FirstOrDefault(s => s.Name == container)?.Running;

    /// <summary>Works until the pod is gone, or until cancelled; then its containers end at once and its network stays for the next agent to remove.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writer = _status.RunAsync(ending.Token);
        try
        {
            while (!_done && await _mailbox.Reader.WaitToReadAsync(cancellation))
            {
                while (_mailbox.Reader.TryRead(out var message))
                    message();
                await ReconcileAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The agent ends.
        }
        finally
        {
            await _timer.DisposeAsync();
            _slots.ForEach(s => s.Abandon());
            await ending.CancelAsync();
            await writer;
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellation)
    {
        if (_removed || _pod.Metadata.DeletionTimestamp is not null)
            await TerminateAsync(cancellation);
        else if (!IsTerminal(_pod) || Sandbox is not null)
            await AdvanceAsync(cancellation);
        else
            return;
        if (!_done)
            PublishStatus();
    }

    /// <summary>A step towards a running pod: its network, then its containers in order.</summary>
    private async Task AdvanceAsync(CancellationToken cancellation)
    {
        if (Sandbox is null && !PodPlan.IsOver(CurrentFacts()) && !await CreateSandboxAsync(cancellation))
            return;
        var plan = PodPlan.Decide(CurrentFacts(), Now());
        foreach (var slot in _slots.Where(s => plan.Start.Contains(s.Name)))
            await StartAsync(slot, cancellation);
        if (plan.IsFinished && StopAll(TimeSpan.FromSeconds(30)))
            await RemoveSandboxAsync(cancellation);
        // Starts that failed have set a back-off: look at the plan again for the clock's sake.
        WakeAt(PodPlan.Decide(CurrentFacts(), Now()).WakeAt);
    }

    private async Task<bool> CreateSandboxAsync(CancellationToken cancellation)
    {
        if (_sandboxRetryAt > Now())
        {
            WakeAt(_sandboxRetryAt);
            return false;
        }

        try
        {
            Sandbox = await _services.Sandboxes.CreateAsync(_pod, cancellation);
            _addresses = [.. Sandbox.Addresses.Select(a => a.ToString())];
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _services.Events.Warn(_pod, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {e.Message}", cancellation);
            _sandboxRetryAt = Now() + _sandboxBackoff.Next();
            WakeAt(_sandboxRetryAt);
            return false;
        }
    }

    private async Task StartAsync(ContainerSlot slot, CancellationToken cancellation)
    {
        var log = Logs.Open(slot.Name, slot.NextRun);
        var spec = slot.Facts.Spec;
        try
        {
            var running = await _services.Runtime.StartAsync(
                new ContainerStart
                {
                    Pod = _pod,
                    Container = spec,
                    IsInit = slot.Facts.Role == ContainerRole.Init,
                    Namespace = Sandbox!.Namespace,
                    Addresses = Sandbox.Addresses,
                    Log = log,
                },
                cancellation);
            slot.OnStarted(running, Now());
            _ = ReportExitAsync(slot, running, log);
            if (spec.StartupProbe is not null || spec.ReadinessProbe is not null || spec.LivenessProbe is not null)
                slot.Probes = Probes.ContainerProbes.Start(_services.Prober, new(spec, Sandbox.Address, running), new ProbeMessages(this, slot, running), _services.Time);
        }
        catch (ContainerStartException e)
        {
            log.Write("stderr", e.Message);
            log.Dispose();
            slot.OnStartFailed(e, Now());
            _services.Events.Warn(_pod, "Failed", $"container {slot.Name}: {e.Message}", cancellation);
        }
    }

    private async Task ReportExitAsync(ContainerSlot slot, IRunningContainer running, Logs.ContainerLog log)
    {
        var exit = await running.Exited;
        log.Dispose();
        Post(() => slot.OnExited(exit, Now()));
    }

    /// <summary>A step towards the end: containers, then sidecars, then the network, then the object in the API.</summary>
    private async Task TerminateAsync(CancellationToken cancellation)
    {
        if (!StopAll(_removed ? TimeSpan.Zero : GracePeriod.Left(_pod.Metadata, Now())))
            return;
        try
        {
            await RemoveSandboxAsync(cancellation);
            if (!_removed)
                await DeleteObjectAsync(cancellation);
        }
        catch (Exception e) when (e is KubeApiException or CniException or Linux.LinuxException)
        {
            Log.PodNotDeleted(_services.Log, Namespace, Name, e.Message);
            WakeAt(Now() + _sandboxBackoff.Next());
            return;
        }

        Logs.Delete();
        _services.Events.Forget(_pod);
        Log.PodGone(_services.Log, Namespace, Name);
        _done = true;
    }

    /// <summary>Asks all containers to end, sidecars after the others; true when none runs any more.</summary>
    private bool StopAll(TimeSpan grace)
    {
        var running = _slots.Where(s => s.Running is not null).ToList();
        var first = running.Where(s => s.Facts.Role != ContainerRole.Sidecar).ToList();
        foreach (var slot in first.Count > 0 ? first : running)
            slot.Stop(grace);
        return running.Count == 0;
    }

    private async Task RemoveSandboxAsync(CancellationToken cancellation)
    {
        if (Sandbox is null)
            return;
        await _services.Sandboxes.RemoveAsync(Sandbox, cancellation);
        Sandbox = null;
    }

    private async Task DeleteObjectAsync(CancellationToken cancellation)
    {
        try
        {
            await _services.Api.DeleteAsync<Pod>(Namespace, Name, new DeleteQuery { GracePeriodSeconds = 0, Uid = Uid }, cancellation);
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Somebody else deleted it, or another pod has the name by now.
        }
    }

    private static bool IsTerminal(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    private void Post(Action message) => _mailbox.Writer.TryWrite(message);

    private DateTimeOffset Now() => _services.Time.GetUtcNow();

    private void WakeAt(DateTimeOffset? at)
    {
        if (at is null)
            return;
        var wait = at.Value - Now();
        _timer.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait, Timeout.InfiniteTimeSpan);
    }
}
