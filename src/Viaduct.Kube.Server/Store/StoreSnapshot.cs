using System.Collections.Immutable;

namespace Viaduct.Kube.Server.Store;

/// <summary>All live objects at one revision. Immutable; a new one shares all that did not change.</summary>
internal sealed class StoreSnapshot
{
    private static readonly ImmutableSortedDictionary<string, StoredObject> NoObjects =
        ImmutableSortedDictionary.Create<string, StoredObject>(StringComparer.Ordinal);

    private readonly ImmutableDictionary<string, ImmutableSortedDictionary<string, StoredObject>> _resources;

    private StoreSnapshot(long revision, ImmutableDictionary<string, ImmutableSortedDictionary<string, StoredObject>> resources)
    {
        Revision = revision;
        _resources = resources;
    }

    public static StoreSnapshot Empty { get; } =
        new(0, ImmutableDictionary.Create<string, ImmutableSortedDictionary<string, StoredObject>>(StringComparer.Ordinal));

    /// <summary>The revision of the last change: one sequence for all resources.</summary>
    public long Revision { get; }

    public IEnumerable<string> Resources => _resources.Keys;

    public StoredObject? Get(StoreKey key) => Objects(key.Resource).GetValueOrDefault(key.Path);

    /// <summary>The objects of a resource in the order of their namespaces and names.</summary>
    public IEnumerable<StoredObject> List(string resource) => Objects(resource).Values;

    public int Count(string resource) => Objects(resource).Count;

    public StoreSnapshot With(StoreEvent change)
    {
        var key = change.Object.Key;
        var objects = change.Type == StoreEventType.Deleted
            ? Objects(key.Resource).Remove(key.Path)
            : Objects(key.Resource).SetItem(key.Path, change.Object);
        return new StoreSnapshot(change.Revision, _resources.SetItem(key.Resource, objects));
    }

    public StoreSnapshot At(long revision) => new(revision, _resources);

    private ImmutableSortedDictionary<string, StoredObject> Objects(string resource) =>
        _resources.GetValueOrDefault(resource) ?? NoObjects;
}
