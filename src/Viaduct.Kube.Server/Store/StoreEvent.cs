namespace Viaduct.Kube.Server.Store;

internal enum StoreEventType
{
    Added,
    Modified,
    Deleted,
}

/// <summary>
/// One change, with the state before, so that a watch can tell an object that enters or leaves its selector. Of a deletion, the object is the
/// last state with the deletion's revision.
/// </summary>
internal sealed record StoreEvent(StoreEventType Type, StoredObject Object, StoredObject? Previous)
{
    public long Revision => Object.Revision;
}
