using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Namespaces;

/// <summary>Empties a namespace that is being deleted, and then lets it go (the finalizer "kubernetes").</summary>
internal sealed class NamespaceController
{
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly ILogger _log;
    private readonly WorkQueue<string> _queue = new();

    /// <summary>Owners first, so that nothing is made anew.</summary>
    private readonly IReadOnlyList<Func<string, CancellationToken, Task<int>>> _emptiers;

    public NamespaceController(IKubeApi api, ClusterCache cache, ILogger log)
    {
        (_api, _cache, _log) = (api, cache, log);
        _emptiers =
        [
            EmptyAsync<Deployment>, EmptyAsync<ReplicaSet>, EmptyAsync<Service>, EmptyAsync<Pod>, EmptyAsync<EndpointSlice>, EmptyAsync<Endpoints>,
            EmptyAsync<ConfigMap>, EmptyAsync<Secret>, EmptyAsync<ServiceAccount>, EmptyAsync<Lease>, EmptyAsync<Event>,
        ];
        cache.Namespaces.OnChange(change => Add(change.New));
        // Pods take their time; the others are gone at once.
        cache.Pods.OnChange(change =>
        {
            if (change.Type == ChangeType.Deleted)
                Add(cache.Namespaces.Find(null, change.Value.Metadata.Namespace ?? ""));
        });
    }

    public Task RunAsync(CancellationToken cancellation) => Reconciler.RunAsync(_queue, "namespace", 2, ReconcileAsync, _log, cancellation);

    private void Add(Namespace? value)
    {
        if (value?.Metadata.DeletionTimestamp is not null)
            _queue.Add(value.Metadata.Name!);
    }

    private async Task ReconcileAsync(string name, CancellationToken cancellation)
    {
        if (_cache.Namespaces.Find(null, name) is not { Metadata.DeletionTimestamp: not null } value)
            return;
        var left = 0;
        foreach (var empty in _emptiers)
            left += await empty(name, cancellation);
        if (left > 0 || _cache.PodsByNamespace.Count(name) > 0)
            return; // the last pod's end brings it here again
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = value.Metadata.Uid }, ["spec"] = new JsonObject { ["finalizers"] = new JsonArray() } };
        await _api.PatchAsync<Namespace>(null, name, patch, "finalize", cancellation);
        Log.NamespaceGone(_log, name);
    }

    /// <summary>Deletes all objects of a kind; answers how many go on existing for a while.</summary>
    private async Task<int> EmptyAsync<T>(string ns, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var query = new ListQuery { Namespace = ns };
        var list = await _api.ListAsync<T>(query, cancellation);
        foreach (var value in list.Items.Where(v => v.Metadata.DeletionTimestamp is null))
        {
            try
            {
                await _api.DeleteAsync<T>(ns, value.Metadata.Name!, new DeleteQuery { Uid = value.Metadata.Uid }, cancellation);
            }
            catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
            {
                // Gone already.
            }
        }
        return list.Items.Count == 0 ? 0 : (await _api.ListAsync<T>(query, cancellation)).Items.Count;
    }
}
