using System.Collections.Concurrent;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

/// <summary>Follows the pods of this node and keeps a worker for each; a pod is told apart by its uid, not by its name.</summary>
internal sealed class PodManager
{
    private readonly PodServices _services;
    private readonly Informer<Pod> _pods;
    private readonly ConcurrentDictionary<string, (PodWorker Worker, Task Run)> _workers = new(StringComparer.Ordinal);
    private CancellationToken _stop;

    public PodManager(PodServices services)
    {
        _services = services;
        _pods = new Informer<Pod>(services.Api, new ListQuery { FieldSelector = "spec.nodeName=" + services.Options.NodeName }, services.Log, services.Time);
        _pods.OnChange(OnChange);
    }

    /// <summary>The workers as they are now.</summary>
    public IEnumerable<PodWorker> Workers => _workers.Values.Select(w => w.Worker);

    /// <summary>Completes when the first list has arrived.</summary>
    public Task Synced => _pods.Synced;

    public PodWorker? Find(string ns, string name) =>
        Workers.Where(w => w.Namespace == ns && w.Name == name).OrderBy(w => w.Facts.Pod.Metadata.DeletionTimestamp is not null).FirstOrDefault();

    /// <summary>Works until cancelled; then all containers end.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _stop = cancellation;
        await _pods.RunAsync(cancellation);
        await Task.WhenAll(_workers.Values.Select(w => w.Run));
    }

    private void OnChange(InformerEvent<Pod> change)
    {
        var uid = change.Value.Metadata.Uid ?? "";
        if (change.Type == ChangeType.Deleted)
        {
            if (_workers.TryGetValue(uid, out var gone))
                gone.Worker.Remove();
        }
        else if (_workers.TryGetValue(uid, out var known))
        {
            known.Worker.Update(change.Value);
        }
        else
        {
            var worker = new PodWorker(_services, change.Value);
            // Not on the informer's thread: it tells about the next pod meanwhile.
            _workers[uid] = (worker, Task.Run(() => WorkAsync(uid, worker), CancellationToken.None));
        }
    }

    private async Task WorkAsync(string uid, PodWorker worker)
    {
        try
        {
            await worker.RunAsync(_stop);
        }
        catch (Exception e)
        {
            // A fault of ours in one pod must not end the others. The pod stays as it is until the agent starts again.
            Log.PodWorkerFailed(_services.Log, e, worker.Namespace, worker.Name);
            return;
        }

        if (!_stop.IsCancellationRequested)
            _workers.TryRemove(uid, out _);
    }
}
