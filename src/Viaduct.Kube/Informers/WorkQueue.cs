using System.Threading.Channels;

namespace Viaduct.Kube.Informers;

/// <summary>
/// Keys that need work. A key waits at most once and is worked on by one worker at a time; one that is added during its work
/// comes again afterwards. So a worker looks at the state as it is and never at the event that woke it.
/// </summary>
public sealed class WorkQueue<TKey>(TimeProvider? time = null)
    where TKey : notnull
{
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(30);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly Lock _lock = new();
    private readonly HashSet<TKey> _waiting = [];
    private readonly HashSet<TKey> _working = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, (long At, ITimer Timer)> _later = [];

    /// <summary>How many keys wait now (those being worked on not counted).</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (_waiting.Add(key) && !_working.Contains(key))
                _ready.Writer.TryWrite(key);
        }
    }

    /// <summary>Adds the key after a while; of several such calls the earliest counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        var at = _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);
        lock (_lock)
        {
            if (_later.TryGetValue(key, out var earlier))
            {
                if (earlier.At <= at)
                    return;
                earlier.Timer.Dispose();
            }
            _later[key] = (at, _time.CreateTimer(_ => Due(key, at), null, delay, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Adds the key again after a failure: each further one waits twice as long, until <see cref="Forget"/>.</summary>
    public void Retry(TKey key)
    {
        int failures;
        lock (_lock)
            failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
        var delay = s_firstRetry * Math.Pow(2, Math.Min(failures - 1, 20));
        AddAfter(key, delay < s_longestRetry ? delay : s_longestRetry);
    }

    /// <summary>The key's work succeeded: its next failure is the first again.</summary>
    public void Forget(TKey key)
    {
        lock (_lock)
            _failures.Remove(key);
    }

    /// <summary>Waits for a key; follow with <see cref="Done"/>.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellation)
    {
        var key = await _ready.Reader.ReadAsync(cancellation);
        lock (_lock)
        {
            _waiting.Remove(key);
            _working.Add(key);
        }
        return key;
    }

    public void Done(TKey key)
    {
        lock (_lock)
        {
            _working.Remove(key);
            if (_waiting.Contains(key))
                _ready.Writer.TryWrite(key);
        }
    }

    private void Due(TKey key, long at)
    {
        lock (_lock)
        {
            if (!_later.TryGetValue(key, out var entry) || entry.At != at)
                return;
            _later.Remove(key);
            entry.Timer.Dispose();
        }
        Add(key);
    }
}
