using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>Tells when the kernel took a change, without the proxy.</summary>
internal interface IKernelCommits : IAsyncDisposable
{
    /// <summary>Time stamp of the last commit.</summary>
    long Last { get; }

    /// <summary>Time stamp of the commit of a Service's change that comes next after this call.</summary>
    Task<long> NextAsync(int service);
}

/// <summary>Listens to the kernel's announcements of committed transactions in a namespace and keeps the time of the last one.</summary>
internal sealed class KernelCommits : IKernelCommits
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

    /// <inheritdoc/>
    public long Last => Volatile.Read(ref _last);

    /// <inheritdoc/>
    public Task<long> NextAsync(int service) => Volatile.Read(ref _next).Task;

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
