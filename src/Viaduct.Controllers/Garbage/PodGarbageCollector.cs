using Microsoft.Extensions.Logging;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Garbage;

/// <summary>Deletes the pods of a node that is gone: nobody is left who could end them.</summary>
internal sealed class PodGarbageCollector
{
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly ILogger _log;
    private readonly WorkQueue<string> _queue = new();

    public PodGarbageCollector(IKubeApi api, ClusterCache cache, ILogger log)
    {
        (_api, _cache, _log) = (api, cache, log);
        cache.Nodes.OnChange(change =>
        {
            if (change.Type == ChangeType.Deleted)
                _queue.Add(change.Value.Metadata.Name!);
        });
        cache.Pods.OnChange(change =>
        {
            if (change.New?.Spec?.NodeName is { Length: > 0 } node && change.Old?.Spec?.NodeName != node)
                _queue.Add(node);
        });
    }

    public Task RunAsync(CancellationToken cancellation) => Reconciler.RunAsync(_queue, "pod-garbage-collector", 1, ReconcileAsync, _log, cancellation);

    private async Task ReconcileAsync(string node, CancellationToken cancellation)
    {
        if (_cache.Nodes.Find(null, node) is not null || _cache.PodsByNode.Count(node) == 0 || await ExistsAsync(node, cancellation))
            return;
        foreach (var pod in _cache.PodsByNode[node])
        {
            Log.Collected(_log, "Pod", ObjectKey.Of(pod).ToString());
            await DeleteAsync(pod, cancellation);
        }
    }

    private async Task<bool> ExistsAsync(string node, CancellationToken cancellation)
    {
        try
        {
            await _api.GetAsync<Node>(null, node, cancellation);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private async Task DeleteAsync(Pod pod, CancellationToken cancellation)
    {
        try
        {
            var query = new DeleteQuery { GracePeriodSeconds = 0, Uid = pod.Metadata.Uid };
            await _api.DeleteAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, query, cancellation);
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone already.
        }
    }
}
