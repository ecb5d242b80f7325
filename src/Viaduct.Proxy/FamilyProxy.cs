using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Informers;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>
/// One family: its tracker, its backend, and the loop between them. Changes that come while the backend works are applied together
/// afterwards, in one step.
/// </summary>
internal sealed class FamilyProxy(
    IPFamily family, ServiceTracker tracker, IProxyBackend backend, StaleFlows? staleFlows, TimeSpan pause, IProxyObserver observer, ILogger log, TimeProvider time)
{
    private readonly Lock trackerLock = new();
    // Room for one: a change that comes while one is announced needs no announcement of its own.
    private readonly Channel<bool> changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Backoff backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
    private readonly RefusedPorts refused = new();
    private readonly List<DateTimeOffset> triggerTimes = [];
    private bool isServing;
    private DateTimeOffset? trackedSince;
    private DateTimeOffset? committedSince;
    private volatile ProxyState state = ProxyState.Empty;
    private ProxyState served = ProxyState.Empty;
    private bool isServedKnown;

    public IPFamily Family => family;

    /// <summary>What the backend was told last to serve.</summary>
    public ProxyState State => state;

    /// <summary>Completes when the first whole state is served.</summary>
    public Task Ready => ready.Task;

    /// <summary>Since when the oldest change waits that is not in the kernel; null when all are. Nothing waits before <see cref="RunAsync"/>.</summary>
    public DateTimeOffset? WaitingSince
    {
        get
        {
            lock (trackerLock)
                return committedSince ?? trackedSince;
        }
    }

    /// <summary>Changes the tracker; the loop applies it if <paramref name="change"/> answers that there is anything to apply.</summary>
    public bool Track(Func<ServiceTracker, bool> change)
    {
        lock (trackerLock)
        {
            if (!change(tracker))
                return false;
            if (isServing)
                trackedSince ??= time.GetUtcNow();
            changed.Writer.TryWrite(true);
            return true;
        }
    }

    /// <summary>Applies the state, and every later one, until cancelled. Begin when the tracker knows everything.</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(ApplyAlwaysAsync(cancellation), WatchForEditsAsync(cancellation));

    private async Task ApplyAlwaysAsync(CancellationToken cancellation)
    {
        lock (trackerLock)
            (isServing, trackedSince) = (true, time.GetUtcNow());
        // The first state is applied even when it is empty: what an earlier proxy left may be outdated.
        while (true)
        {
            if (!await TryApplyAsync(cancellation))
            {
                await Task.Delay(backoff.Next(), time, cancellation);
                continue;
            }

            ready.TrySetResult();
            backoff.Reset();
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, time, cancellation);
            await changed.Reader.ReadAsync(cancellation);
        }
    }

    /// <summary>Whoever edits our rules finds them repaired: the backend compares by itself when it is called next.</summary>
    private async Task WatchForEditsAsync(CancellationToken cancellation)
    {
        await ready.Task.WaitAsync(cancellation);
        var retry = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await backend.WaitForForeignEditAsync(cancellation);
                retry.Reset();
                Log.ForeignEdit(log, family);
                changed.Writer.TryWrite(true);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.EditsUnseen(log, e, family);
                await Task.Delay(retry.Next(), time, cancellation);
            }
        }
    }

    private async Task<bool> TryApplyAsync(CancellationToken cancellation)
    {
        ProxyUpdate update;
        lock (trackerLock)
        {
            // What was announced so far is in this commit and needs no application of its own.
            changed.Reader.TryRead(out _);
            update = tracker.Commit();
            state = update.State;
            (committedSince, trackedSince) = (committedSince ?? trackedSince, null);
        }

        Tell(update.Problems);
        triggerTimes.AddRange(update.TriggerTimes);
        var began = Stopwatch.GetTimestamp();
        try
        {
            var report = await backend.ApplyAsync(update.Change, update.State, cancellation);
            lock (trackerLock)
                committedSince = null;
            NoteFlows(update.Change, update.State.Without(report.RefusedPorts), isFull: report.IsFull || !isServedKnown);
            Report(update, report, Stopwatch.GetElapsedTime(began));
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // The backend looks at the kernel's state at the next call, so nothing of this update is lost.
            isServedKnown = false;
            Log.ApplyFailed(log, e, family);
            observer.Failed(family, e);
            return false;
        }
    }

    // A whole comparison says that something was wrong until now: then any flow may have gone astray.
    private void NoteFlows(ProxyChange change, ProxyState now, bool isFull)
    {
        if (isFull)
            staleFlows?.NoteAll(served, now);
        else
            staleFlows?.Note(change, served, now);
        (served, isServedKnown) = (now, true);
    }

    private void Report(ProxyUpdate update, ProxyReport report, TimeSpan duration)
    {
        if (report.Transactions > 0)
            Log.Applied(log, family, update.Change.Frontends.Count, report.Elements, report.Transactions);
        Tell(refused.News(report.Refused, report.IsFull));
        observer.Applied(new AppliedState(family, update.State, update.Change, report, duration, [.. triggerTimes]));
        triggerTimes.Clear();
    }

    private void Tell(IEnumerable<ServiceProblem> problems)
    {
        foreach (var problem in problems)
        {
            Log.Problem(log, problem.Message);
            observer.Problem(problem);
        }
    }
}
