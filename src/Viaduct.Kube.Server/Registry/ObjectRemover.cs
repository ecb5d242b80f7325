using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Registry.Kinds;
using Viaduct.Kube.Server.Registry.Selectors;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>What a deletion did: the object is gone, or it is marked and somebody else ends it.</summary>
internal sealed record Deletion(StoredObject Object, bool IsGone);

/// <summary>Deletes objects: at once, gracefully, or after their finalizers.</summary>
internal sealed class ObjectRemover(ObjectStore store, ResourceCatalog catalog)
{
    private static readonly string[] ProtectedNamespaces = ["default", "kube-system", "kube-public"];

    public Task<Deletion> DeleteAsync(ResourceStrategy strategy, string? ns, string name, DeleteOptions options) =>
        store.WriteAsync(transaction => Delete(strategy, ObjectReader.Key(strategy, ns, name), options, transaction), options.DryRun);

    /// <summary>Deletes all objects of a filter in one step.</summary>
    public Task<IReadOnlyList<StoredObject>> DeleteAllAsync(ResourceStrategy strategy, ObjectFilter filter, DeleteOptions options) =>
        store.WriteAsync<IReadOnlyList<StoredObject>>(transaction =>
        {
            var items = transaction.State.List(strategy.Resource.Qualified()).Where(filter.Matches).ToList();
            foreach (var item in items)
                Delete(strategy, item.Key, options, transaction);
            return items;
        }, options.DryRun);

    /// <summary>Takes the object out of the store and gives back what it held.</summary>
    public static StoredObject Remove(ResourceStrategy strategy, StoreKey key, JsonObject lastState, StoreTransaction transaction)
    {
        strategy.Release(lastState, transaction);
        return transaction.Delete(key, lastState);
    }

    private Deletion Delete(ResourceStrategy strategy, StoreKey key, DeleteOptions options, StoreTransaction transaction)
    {
        var current = transaction.Get(key) ?? throw StatusErrors.NotFound(strategy.Resource, key.Name);
        var value = current.ToObject();
        var metadata = value.Ensure("metadata");
        CheckPreconditions(strategy, key, metadata, options);
        if (strategy is NamespaceStrategy && ProtectedNamespaces.Contains(key.Name))
            throw StatusErrors.Forbidden(strategy.Resource, key.Name, "this namespace may not be deleted");
        if (options.Orphan)
            OrphanDependents(metadata.Text("uid")!, transaction);
        var grace = strategy.GracePeriod(value, options.GracePeriodSeconds);
        var isHeld = metadata.Texts("finalizers").Any() || value.Child("spec")?.Texts("finalizers").Any() == true;
        if (grace == 0 && !isHeld)
            return new Deletion(Remove(strategy, key, value, transaction), true);
        return Mark(value, metadata, grace) ? new Deletion(transaction.Put(key, value), false) : new Deletion(current, false);
    }

    /// <summary>Sets when the object must be gone; a second deletion can only shorten the time. False: nothing changes.</summary>
    private static bool Mark(JsonObject value, JsonObject metadata, long grace)
    {
        if (metadata.Text("deletionTimestamp") is not null && metadata.Number("deletionGracePeriodSeconds") <= grace)
            return false;
        metadata["deletionTimestamp"] = KubeTime.Format(DateTimeOffset.UtcNow.AddSeconds(grace));
        metadata["deletionGracePeriodSeconds"] = grace;
        if (value.Text("kind") == "Namespace")
            value.Ensure("status")["phase"] = "Terminating";
        if (metadata.Number("generation") is { } generation)
            metadata["generation"] = generation + 1;
        return true;
    }

    private static void CheckPreconditions(ResourceStrategy strategy, StoreKey key, JsonObject metadata, DeleteOptions options)
    {
        if (options.Uid is { } uid && uid != metadata.Text("uid"))
            throw StatusErrors.Conflict(strategy.Resource, key.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata.Text("uid")}");
        if (options.ResourceVersion is { } version && version != metadata.Text("resourceVersion"))
        {
            throw StatusErrors.Conflict(strategy.Resource, key.Name,
                $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {metadata.Text("resourceVersion")}");
        }
    }

    private void OrphanDependents(string uid, StoreTransaction transaction)
    {
        foreach (var item in catalog.All.SelectMany(s => transaction.State.List(s.Resource.Qualified())).ToList())
        {
            if (!item.Root.ItemsAt("metadata", "ownerReferences").Any(o => o.TextAt("uid") == uid))
                continue;
            var value = item.ToObject();
            var others = value.Ensure("metadata").Items("ownerReferences").Where(o => o.Text("uid") != uid).Select(o => o.DeepClone()).ToArray();
            value.Ensure("metadata")["ownerReferences"] = new JsonArray(others);
            if (others.Length == 0)
                value.Ensure("metadata").Remove("ownerReferences");
            transaction.Put(item.Key, value);
        }
    }
}
