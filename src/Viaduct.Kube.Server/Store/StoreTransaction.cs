using System.Globalization;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Store;

/// <summary>
/// One atomic change: what it reads is the state after all earlier changes, what it writes appears whole or not at all.
/// Used only on the store's writer.
/// </summary>
internal sealed class StoreTransaction(StoreSnapshot start)
{
    private readonly StoreSnapshot _start = start;
    private readonly List<StoreEvent> _events = [];
    private readonly Stack<Action> _undo = new();

    /// <summary>The state that this change sees: its own writes included.</summary>
    public StoreSnapshot State { get; private set; } = start;

    public IReadOnlyList<StoreEvent> Events => _events;

    public StoredObject? Get(StoreKey key) => State.Get(key);

    /// <summary>Writes the object as a new revision and stamps that into its metadata.</summary>
    public StoredObject Put(StoreKey key, JsonObject value)
    {
        var previous = State.Get(key);
        var stored = Stamp(key, value);
        Record(new StoreEvent(previous is null ? StoreEventType.Added : StoreEventType.Modified, stored, previous));
        return stored;
    }

    /// <summary>Removes the object; <paramref name="lastState"/> is what watchers see of it.</summary>
    public StoredObject Delete(StoreKey key, JsonObject lastState)
    {
        var stored = Stamp(key, lastState);
        Record(new StoreEvent(StoreEventType.Deleted, stored, State.Get(key)));
        return stored;
    }

    /// <summary>Registers what undoes a side effect (such as an allocation) should this change not be committed.</summary>
    public void OnRollback(Action undo) => _undo.Push(undo);

    public void RollBack()
    {
        while (_undo.TryPop(out var undo))
            undo();
        _events.Clear();
        State = _start;
    }

    private StoredObject Stamp(StoreKey key, JsonObject value)
    {
        var revision = State.Revision + 1;
        value["metadata"]!["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(key, revision, value.ToUtf8());
    }

    private void Record(StoreEvent change)
    {
        _events.Add(change);
        State = State.With(change);
    }
}
