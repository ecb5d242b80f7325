using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>Listens to the kernel's announcements of committed transactions in a namespace and keeps the time of the last one.</summary>
internal sealed class KernelCommits : IAsyncDisposable
{
    private readonly NftMonitor _monitor;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private TaskCompletionSource<long> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;

    public KernelCommits(NetNamespace inside)
    {
        _monitor = NftMonitor.In(inside);
        _reading = ReadAsync(_stop.Token);
    }

    /// <summary>Time stamp of the last commit.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>Time stamp of the commit that comes next after this call.</summary>
    public Task<long> NextAsync() => Volatile.Read(ref _next).Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _monitor.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        await foreach (var _ in _monitor.ReadAsync(cancellation))
        {
            var now = TimeProvider.System.GetTimestamp();
            Volatile.Write(ref _last, now);
            Interlocked.Exchange(ref _next, new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult(now);
        }
    }
}
