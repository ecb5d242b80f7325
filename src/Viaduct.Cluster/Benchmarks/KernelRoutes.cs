using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>Follows the kernel's notifications of the agent's routes in a network namespace.</summary>
internal sealed class KernelRoutes : IAsyncDisposable
{
    private readonly RouteMonitor _monitor;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private readonly Lock _gate = new();
    private readonly HashSet<IPNetwork> _present = [];
    private TaskCompletionSource _more = NewSignal();

    public KernelRoutes(NetNamespace inside, IEnumerable<IPNetwork> present)
    {
        _present.UnionWith(present);
        _monitor = RouteMonitor.In(inside);
        _reading = ReadAsync(_stop.Token);
    }

    /// <summary>Time stamp of the first entry told, of whatever kind; 0 before.</summary>
    public long First { get; private set; }

    /// <summary>Routes told as new, changed or removed.</summary>
    public int Told { get; private set; }

    /// <summary>Waits until as many routes are present, and answers when the last notification came.</summary>
    public Task<long> CountAsync(int count, CancellationToken cancellation) => UntilAsync(() => _present.Count == count, cancellation);

    /// <summary>Waits until this route is present, or gone.</summary>
    public Task<long> RouteAsync(IPNetwork destination, bool present, CancellationToken cancellation) => UntilAsync(() => _present.Contains(destination) == present, cancellation);

    /// <summary>Waits until so many were told, and as many are present.</summary>
    public Task<long> ToldAsync(int told, int count, CancellationToken cancellation) => UntilAsync(() => Told >= told && _present.Count == count, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _monitor.Dispose();
        _stop.Dispose();
    }

    private async Task<long> UntilAsync(Func<bool> condition, CancellationToken cancellation)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (condition())
                    return TimeProvider.System.GetTimestamp();
                more = _more.Task;
            }

            await more.WaitAsync(cancellation);
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        await foreach (var notice in _monitor.ReadAsync(cancellation))
        {
            if (notice.IsLost)
                throw new ClusterException("The kernel's notifications of routes came faster than they were read; try fewer --nodes.");
            if (notice is { FdbEntry: not null } or { Route.Protocol: PodRoute.DefaultProtocol })
                Take(notice);
        }
    }

    private void Take(RouteNotice notice)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (First == 0)
                First = TimeProvider.System.GetTimestamp();
            if (notice.Route is not { } route)
                return;
            Told++;
            _ = notice.IsRemoval ? _present.Remove(route.Destination) : _present.Add(route.Destination);
            (waiting, _more) = (_more, NewSignal());
        }

        waiting.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
