using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Informers;

/// <summary>
/// Reading one's own writes: a reconciler that has written waits until the copy shows it, and so never acts twice on the
/// same stale picture. Versions are compared as numbers, which the API guarantees (KEP-5504).
/// </summary>
public sealed partial class Informer<T>
    where T : class, IKubeObject<T>
{
    private readonly Lock _waitersLock = new();
    private List<(Func<bool> Reached, TaskCompletionSource Done)> _waiters = [];
    private volatile string? _lastVersion;
    private ulong _lastNumber;
    private long _advances;

    /// <summary>Waits until the copy includes the state of <paramref name="resourceVersion"/>, as a write returned it.</summary>
    public Task CaughtUpAsync(string? resourceVersion, CancellationToken cancellation)
    {
        var wanted = Number(resourceVersion ?? "");
        return WaitAsync(() => Volatile.Read(ref _lastNumber) >= wanted, cancellation);
    }

    /// <summary>Waits until the copy shows the object gone, or marked for deletion.</summary>
    public Task DeletionSeenAsync(ObjectKey key, string? uid, CancellationToken cancellation) =>
        WaitAsync(() => Find(key) is not { } value || value.Metadata.Uid != uid || value.Metadata.DeletionTimestamp is not null, cancellation);

    /// <summary>Waits for the next news of any kind. Call it before looking, await it after: so none is missed.</summary>
    public Task ChangedAsync(CancellationToken cancellation)
    {
        var before = Volatile.Read(ref _advances);
        return WaitAsync(() => Volatile.Read(ref _advances) != before, cancellation);
    }

    private async Task WaitAsync(Func<bool> reached, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waitersLock)
        {
            if (reached())
                return;
            _waiters.Add((reached, done));
        }
        await done.Task.WaitAsync(cancellation);
    }

    /// <summary>Everything up to this version is in the copy and told.</summary>
    private void Advance(string version)
    {
        _lastVersion = version;
        Volatile.Write(ref _lastNumber, Number(version));
        Interlocked.Increment(ref _advances);
        lock (_waitersLock)
        {
            if (_waiters.Count == 0)
                return;
            var left = new List<(Func<bool>, TaskCompletionSource)>();
            foreach (var waiter in _waiters)
            {
                if (waiter.Reached())
                    waiter.Done.TrySetResult();
                else if (!waiter.Done.Task.IsCompleted)
                    left.Add(waiter);
            }
            _waiters = left;
        }
    }
}
