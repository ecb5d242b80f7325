using Microsoft.Extensions.Logging;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Events;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Selectors;

namespace Viaduct.Controllers.ServiceEndpoints;

/// <summary>Keeps the EndpointSlices and the Endpoints of each Service with a selector.</summary>
internal sealed class ServiceEndpointsController
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly EventRecorder _events;
    private readonly ILogger _log;
    private readonly WorkQueue<ObjectKey> _queue = new();

    public ServiceEndpointsController(IKubeApi api, ClusterCache cache, EventRecorder events, ILogger log)
    {
        (_api, _cache, _events, _log) = (api, cache, events.As("endpoint-slice-controller"), log);
        cache.Services.OnChange(change => _queue.Add(ObjectKey.Of(change.Value)));
        cache.Pods.OnChange(OnPod);
        cache.Nodes.OnChange(OnNode);
        cache.EndpointSlices.OnChange(change =>
        {
            if (ClusterCache.ServiceOf(change.Value) is { } service)
                _queue.Add(service);
        });
        cache.Endpoints.OnChange(change => _queue.Add(ObjectKey.Of(change.Value)));
    }

    public Task RunAsync(CancellationToken cancellation) => Reconciler.RunAsync(_queue, "endpoints", 4, ReconcileAsync, _log, cancellation);

    private void OnPod(InformerEvent<Pod> change)
    {
        if (change.Type == ChangeType.Updated && SameForServices(change.Old!, change.New!))
            return;
        foreach (var service in _cache.ServicesByNamespace[change.Value.Metadata.Namespace ?? ""])
        {
            if (Selects(service, change.Old) || Selects(service, change.New))
                _queue.Add(ObjectKey.Of(service));
        }
    }

    private static bool SameForServices(Pod a, Pod b) =>
        a.Status?.PodIP == b.Status?.PodIP && (a.Status?.PodIPs ?? []).SequenceEqual(b.Status?.PodIPs ?? []) && a.IsReady() == b.IsReady() && a.IsTerminating() == b.IsTerminating() && a.IsFinished() == b.IsFinished()
        && a.Spec?.NodeName == b.Spec?.NodeName
        && (a.Metadata.Labels ?? new Dictionary<string, string>()).OrderBy(l => l.Key).SequenceEqual((b.Metadata.Labels ?? new Dictionary<string, string>()).OrderBy(l => l.Key));

    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Type == ChangeType.Deleted || ZoneOf(change.Old) == ZoneOf(change.New))
            return;
        foreach (var pod in _cache.PodsByNode[change.New!.Metadata.Name!])
        {
            foreach (var service in _cache.ServicesByNamespace[pod.Metadata.Namespace ?? ""].Where(s => Selects(s, pod)))
                _queue.Add(ObjectKey.Of(service));
        }
    }

    private static bool HasSelector(Service service) => service.Spec is { Selector.Count: > 0, Type: not "ExternalName" };

    private static bool Selects(Service service, Pod? pod) =>
        pod is not null && HasSelector(service) && LabelSelectors.Matches(service.Spec!.Selector, pod.Metadata.Labels);

    private static string? ZoneOf(Node? node) => node?.Metadata.Labels?.GetValueOrDefault(ZoneLabel);

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        var slices = _cache.SlicesByService[key.ToString()]
            .Where(s => s.Metadata.Labels?.GetValueOrDefault(EndpointSlicePlanner.ManagedByLabel) == EndpointSlicePlanner.ManagedBy && s.Metadata.DeletionTimestamp is null)
            .ToList();
        if (_cache.Services.Find(key) is not { Metadata.DeletionTimestamp: null } service)
        {
            await RemoveAsync(key, slices, cancellation);
            return;
        }
        if (!HasSelector(service))
        {
            await DeleteAllAsync(slices, cancellation); // it had one before; Endpoints without one are the user's
            return;
        }
        var pods = _cache.PodsByNamespace[key.Namespace].Where(p => Selects(service, p)).ToList();
        // Slices first: the proxy reads them.
        await ApplyAsync(service, EndpointSlicePlanner.Decide(service, pods, node => ZoneOf(_cache.Nodes.Find(null, node)), slices), cancellation);
        await WriteAsync(service, EndpointsPlanner.Decide(service, pods, _cache.Endpoints.Find(key)), cancellation);
    }

    private async Task ApplyAsync(Service service, EndpointSlicePlan plan, CancellationToken cancellation)
    {
        try
        {
            foreach (var slice in plan.Update)
                await SeenAsync(await _api.UpdateAsync(slice, cancellation), cancellation);
            foreach (var slice in plan.Create)
                await SeenAsync(await _api.CreateAsync(slice, cancellation), cancellation);
        }
        catch (KubeApiException e) when (!e.IsTransient && !e.IsConflict && !e.IsNotFound)
        {
            _events.Warning(service, "FailedToUpdateEndpointSlices", $"Error updating Endpoint Slices for Service {ObjectKey.Of(service)}: {e.Message}");
            throw;
        }
        await DeleteAllAsync(plan.Delete, cancellation);
    }

    private Task SeenAsync(EndpointSlice slice, CancellationToken cancellation) =>
        _cache.EndpointSlices.CaughtUpAsync(slice.Metadata.ResourceVersion, cancellation);

    private async Task WriteAsync(Service service, Endpoints? endpoints, CancellationToken cancellation)
    {
        if (endpoints is null)
            return;
        try
        {
            var written = endpoints.Metadata.ResourceVersion is null
                ? await _api.CreateAsync(endpoints, cancellation)
                : await _api.UpdateAsync(endpoints, cancellation);
            await _cache.Endpoints.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
        }
        catch (KubeApiException e) when (!e.IsTransient && !e.IsConflict && !e.IsNotFound && !e.IsAlreadyExists)
        {
            _events.Warning(service, "FailedToUpdateEndpoint", $"Failed to update endpoint {ObjectKey.Of(service)}: {e.Message}");
            throw;
        }
    }

    private async Task RemoveAsync(ObjectKey key, List<EndpointSlice> slices, CancellationToken cancellation)
    {
        await DeleteAllAsync(slices, cancellation);
        // Endpoints of a Service that is gone go too, but not those that somebody made without any Service.
        if (_cache.Endpoints.Find(key) is { } endpoints && endpoints.Metadata.Labels?.ContainsKey("endpoints.kubernetes.io/managed-by") == true)
            await DeleteAsync<Endpoints>(endpoints, _cache.Endpoints, cancellation);
    }

    private async Task DeleteAllAsync(IReadOnlyList<EndpointSlice> slices, CancellationToken cancellation)
    {
        foreach (var slice in slices)
            await DeleteAsync<EndpointSlice>(slice, _cache.EndpointSlices, cancellation);
    }

    private async Task DeleteAsync<T>(T value, Informer<T> cache, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        try
        {
            await _api.DeleteAsync<T>(value.Metadata.Namespace, value.Metadata.Name!, new DeleteQuery { Uid = value.Metadata.Uid }, cancellation);
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone already, or already another one of that name.
        }
        await cache.DeletionSeenAsync(ObjectKey.Of(value), value.Metadata.Uid, cancellation);
    }
}
