using System.Threading.Channels;
using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Store;

/// <summary>Holds the current state, remembers the latest changes for replay, and hands every change to the watches.</summary>
internal sealed class WatchHub(int capacity)
{
    // A watch that does not read is cut off rather than fed without end; its client lists and watches again.
    private const int WatchBacklog = 8192;

    private readonly Lock _gate = new();
    private readonly Queue<StoreEvent> _recent = new();
    private readonly Dictionary<string, List<StoreWatch>> _watches = new(StringComparer.Ordinal);
    private volatile StoreSnapshot _state = StoreSnapshot.Empty;
    private long _forgotten;
    private bool _closed;

    public StoreSnapshot State => _state;

    /// <summary>The last revision of which the change is no longer remembered.</summary>
    public long Forgotten
    {
        get
        {
            lock (_gate)
                return _forgotten;
        }
    }

    /// <summary>Sets the state after the database was read; <paramref name="replayable"/> are its latest changes without a gap.</summary>
    public void Load(StoreSnapshot state, IEnumerable<StoreEvent> replayable, long forgotten)
    {
        lock (_gate)
        {
            _state = state;
            _forgotten = forgotten;
            foreach (var change in replayable)
                Remember(change);
        }
    }

    public void Publish(StoreSnapshot state, IReadOnlyList<StoreEvent> changes)
    {
        lock (_gate)
        {
            _state = state;
            foreach (var change in changes)
            {
                Remember(change);
                if (_watches.TryGetValue(change.Object.Key.Resource, out var watches))
                    watches.RemoveAll(w => !w.Offer(change));
            }
        }
    }

    /// <summary>Follows a resource after a revision: what happened since then is replayed first.</summary>
    public StoreWatch Watch(string resource, long after)
    {
        lock (_gate)
        {
            if (after > _state.Revision)
                throw StatusErrors.TooLargeResourceVersion(after, _state.Revision);
            if (after < _forgotten)
                throw StatusErrors.Expired($"too old resource version: {after} ({_forgotten})");
            var watch = Register(resource, after);
            foreach (var change in _recent)
            {
                if (change.Revision > after && change.Object.Key.Resource == resource)
                    watch.Offer(change);
            }
            return watch;
        }
    }

    /// <summary>The state now and a watch of all that follows it.</summary>
    public (StoreSnapshot State, StoreWatch Watch) WatchFromNow(string resource)
    {
        lock (_gate)
            return (_state, Register(resource, _state.Revision));
    }

    /// <summary>The revision up to which <paramref name="watch"/> has handed out everything, or null when something is still queued.</summary>
    public long? Progress(StoreWatch watch)
    {
        lock (_gate)
            return watch.IsDrained ? _state.Revision : null;
    }

    public void Unregister(StoreWatch watch)
    {
        lock (_gate)
        {
            if (_watches.TryGetValue(watch.Resource, out var watches))
                watches.Remove(watch);
        }
    }

    /// <summary>Ends all watches, and those that are asked for later.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var watch in _watches.Values.SelectMany(w => w))
                watch.Complete();
            _watches.Clear();
        }
    }

    private StoreWatch Register(string resource, long after)
    {
        var watch = new StoreWatch(this, resource, after, Channel.CreateBounded<StoreEvent>(
            new BoundedChannelOptions(WatchBacklog) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait }));
        if (_closed)
            watch.Complete();
        else if (_watches.TryGetValue(resource, out var watches))
            watches.Add(watch);
        else
            _watches[resource] = [watch];
        return watch;
    }

    private void Remember(StoreEvent change)
    {
        _recent.Enqueue(change);
        while (_recent.Count > capacity)
            _forgotten = _recent.Dequeue().Revision;
    }
}
