using Microsoft.Extensions.Logging;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Garbage;

/// <summary>Deletes what belonged to an object that is gone: Deployment, then ReplicaSet, then Pod; Service, then EndpointSlice.</summary>
internal sealed class GarbageCollector
{
    private readonly IKubeApi _api;
    private readonly ILogger _log;
    private readonly WorkQueue<(string Kind, ObjectKey Key)> _queue = new();
    private readonly Dictionary<string, Func<OwnerReference, string?, CancellationToken, Task<bool>>> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<ObjectKey, CancellationToken, Task>> _dependents = new(StringComparer.Ordinal);

    public GarbageCollector(IKubeApi api, ClusterCache cache, ILogger log)
    {
        (_api, _log) = (api, log);
        var pods = AddDependents(cache.Pods);
        var sets = AddDependents(cache.ReplicaSets);
        var slices = AddDependents(cache.EndpointSlices);
        var endpoints = AddDependents(cache.Endpoints);
        var wake = pods + sets + slices + endpoints;
        AddOwners(cache.Deployments, wake);
        AddOwners(cache.ReplicaSets, wake);
        AddOwners(cache.Services, wake);
        AddOwners(cache.Pods, wake);
        AddOwners(cache.Nodes, wake);
    }

    public Task RunAsync(CancellationToken cancellation) =>
        Reconciler.RunAsync(_queue, "garbage-collector", 4, (item, stop) => _dependents[item.Kind](item.Key, stop), _log, cancellation);

    /// <summary>Answers what queues the dependents of an owner.</summary>
    private Action<string> AddDependents<T>(Informer<T> informer)
        where T : class, IKubeObject<T>
    {
        var kind = T.Resource.Kind;
        var byOwner = informer.AddIndex(v => v.Metadata.OwnerReferences?.Select(o => o.Uid) ?? []);
        informer.OnChange(change =>
        {
            // Its owner may have gone before it came, or while this program was away.
            if (change.Type == ChangeType.Added && change.New!.Metadata.OwnerReferences is { Count: > 0 })
                _queue.Add((kind, ObjectKey.Of(change.New)));
        });
        _dependents[kind] = (key, cancellation) => CollectAsync(informer, key, cancellation);
        return uid =>
        {
            foreach (var dependent in byOwner[uid])
                _queue.Add((kind, ObjectKey.Of(dependent)));
        };
    }

    private void AddOwners<T>(Informer<T> informer, Action<string> wake)
        where T : class, IKubeObject<T>
    {
        informer.OnChange(change =>
        {
            if (change.Type == ChangeType.Deleted && change.Old!.Metadata.Uid is { } uid)
                wake(uid);
        });
        _owners[$"{T.Resource.ApiVersion}/{T.Resource.Kind}"] = (owner, ns, cancellation) => IsGoneAsync(informer, owner, ns, cancellation);
    }

    private async Task CollectAsync<T>(Informer<T> informer, ObjectKey key, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        if (informer.Find(key) is not { Metadata.OwnerReferences: { Count: > 0 } owners } value || value.Metadata.DeletionTimestamp is not null)
            return;
        foreach (var owner in owners)
        {
            if (!_owners.TryGetValue($"{owner.ApiVersion}/{owner.Kind}", out var isGone) || !await isGone(owner, value.Metadata.Namespace, cancellation))
                return;
        }
        Log.Collected(_log, T.Resource.Kind, key.ToString());
        await _api.DeleteAsync<T>(value.Metadata.Namespace, value.Metadata.Name!, new DeleteQuery { Uid = value.Metadata.Uid }, cancellation);
    }

    /// <summary>The copy may be behind: before anything is deleted, the API itself says that the owner is gone.</summary>
    private async Task<bool> IsGoneAsync<T>(Informer<T> informer, OwnerReference owner, string? ns, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        ns = T.Resource.Namespaced ? ns : null;
        if (informer.Find(ns, owner.Name)?.Metadata.Uid == owner.Uid)
            return false;
        try
        {
            return (await _api.GetAsync<T>(ns, owner.Name, cancellation)).Metadata.Uid != owner.Uid;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return true;
        }
    }
}
