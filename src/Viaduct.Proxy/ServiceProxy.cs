using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>
/// The proxy of one node: follows Services and EndpointSlices and has the backend serve them. Nothing is written before both are
/// known whole. Changes that come while the backend works are applied together afterwards, in one step.
/// </summary>
public sealed class ServiceProxy
{
    private readonly IProxyBackend backend;
    private readonly ILogger log;
    private readonly Informer<Service> services;
    private readonly Informer<EndpointSlice> slices;
    private readonly ServiceTracker tracker;
    private readonly Lock trackerLock = new();
    // Room for one: a change that comes while one is announced needs no announcement of its own.
    private readonly Channel<bool> changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Backoff backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));

    public ServiceProxy(IKubeApi api, IProxyBackend backend, ProxyOptions options, ILogger log)
    {
        this.backend = backend;
        this.log = log;
        tracker = new ServiceTracker(options.NodeName);
        services = new Informer<Service>(api, ListQuery.All, log);
        slices = new Informer<EndpointSlice>(api, ListQuery.All, log);
        services.OnChange(change => Track(() =>
        {
            if (change.New is { } service)
                tracker.Set(service);
            else
                tracker.Remove(change.Value);
        }));
        slices.OnChange(change => Track(() =>
        {
            if (change.New is { } slice)
                tracker.Set(slice);
            else
                tracker.Remove(change.Value);
        }));
    }

    /// <summary>Completes when the first whole state is served.</summary>
    public Task Ready => ready.Task;

    /// <summary>Runs until cancelled. What is served then stays served: connections outlive a restart of the proxy.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAll(
            UntilFirstFailure(services.RunAsync, stop),
            UntilFirstFailure(slices.RunAsync, stop),
            UntilFirstFailure(ServeAsync, stop));
    }

    private static async Task UntilFirstFailure(Func<CancellationToken, Task> run, CancellationTokenSource stop)
    {
        try
        {
            await run(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop, or another part failed and its exception is the one to be told.
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private void Track(Action change)
    {
        lock (trackerLock)
            change();
        changed.Writer.TryWrite(true);
    }

    private async Task ServeAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(services.Synced, slices.Synced).WaitAsync(cancellation);
        // The first state is applied even when it is empty: what an earlier proxy left may be outdated.
        while (true)
        {
            if (!await TryApplyAsync(cancellation))
            {
                await Task.Delay(backoff.Next(), cancellation);
                continue;
            }

            ready.TrySetResult();
            backoff.Reset();
            await changed.Reader.ReadAsync(cancellation);
        }
    }

    private async Task<bool> TryApplyAsync(CancellationToken cancellation)
    {
        ProxyUpdate update;
        lock (trackerLock)
            update = tracker.Commit();
        foreach (var problem in update.Problems)
            Log.Problem(log, problem);
        try
        {
            var report = await backend.ApplyAsync(update.Change, update.State, cancellation);
            if (report.Transactions > 0)
                Log.Applied(log, update.Change.Frontends.Count, report.Elements, report.Transactions, report.DeletedFlows);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The backend looks at the kernel's state at the next call, so nothing of this update is lost.
            Log.ApplyFailed(log, e);
            return false;
        }
    }
}
