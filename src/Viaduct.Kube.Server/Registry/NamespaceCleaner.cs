using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry.Kinds;
using Viaduct.Kube.Server.Registry.Selectors;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>
/// Empties namespaces that are being deleted, and lets them go when nothing is left. Pods on nodes and objects with finalizers end
/// later, so this looks again whenever one of those goes away.
/// </summary>
internal sealed class NamespaceCleaner(ObjectRegistry registry, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.WhenAll(registry.Catalog.All.Select(FollowAsync));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task FollowAsync(ResourceStrategy strategy)
    {
        var filter = ObjectFilter.Parse(strategy, null, null, null);
        while (!_stopping.IsCancellationRequested)
        {
            using var watch = registry.Reader.Watch(strategy, filter, new WatchOptions());
            if (watch.IsClosed)
                return;
            await foreach (var item in watch.ReadAsync(_stopping.Token).ConfigureAwait(false))
            {
                if (!IsTerminating(item.Object!))
                    continue;
                if (strategy is NamespaceStrategy && item.Type != WatchEventType.Deleted)
                    await CleanAsync(item.Object!.Key.Name).ConfigureAwait(false);
                else if (strategy.Resource.Namespaced && item.Type == WatchEventType.Deleted)
                    await CleanIfTerminatingAsync(item.Object!.Key.Namespace).ConfigureAwait(false);
            }
        }
    }

    private async Task CleanIfTerminatingAsync(string name)
    {
        var strategy = registry.Catalog["namespaces"];
        var all = registry.Reader.List(strategy, ObjectFilter.Parse(strategy, null, null, $"metadata.name={name}"), ListOptions.Default);
        if (all.Items.Any(IsTerminating))
            await CleanAsync(name).ConfigureAwait(false);
    }

    private async Task CleanAsync(string name)
    {
        try
        {
            var isEmpty = true;
            foreach (var strategy in registry.Catalog.All.Where(s => s.Resource.Namespaced))
            {
                var filter = ObjectFilter.Parse(strategy, name, null, null);
                await registry.Remover.DeleteAllAsync(strategy, filter, DeleteOptions.Default).ConfigureAwait(false);
                isEmpty &= registry.Reader.List(strategy, filter, ListOptions.Default).Items.Count == 0;
            }
            if (isEmpty)
                await FinalizeAsync(name).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // Another change of the namespace let it go first.
        }
        catch (Exception e) when (e is KubeApiException or ObjectDisposedException)
        {
            Log.NamespaceCleanupFailed(logger, name, e);
        }
    }

    private Task<StoredObject> FinalizeAsync(string name) => registry.Writer.UpdateAsync(registry.Catalog["namespaces"], null, name, "finalize", current =>
    {
        current.Ensure("spec")["finalizers"] = new JsonArray();
        return current;
    }, WriteOptions.Default);

    private static bool IsTerminating(StoredObject value) => value.Root.TextAt("metadata", "deletionTimestamp") is not null;
}
