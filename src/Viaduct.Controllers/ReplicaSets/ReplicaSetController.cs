using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Events;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Selectors;

namespace Viaduct.Controllers.ReplicaSets;

/// <summary>Keeps the number of pods of each ReplicaSet.</summary>
internal sealed class ReplicaSetController
{
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly EventRecorder _events;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly WorkQueue<ObjectKey> _queue = new();

    public ReplicaSetController(IKubeApi api, ClusterCache cache, EventRecorder events, ILogger log, TimeProvider time)
    {
        (_api, _cache, _events, _log, _time) = (api, cache, events.As("replicaset-controller"), log, time);
        cache.ReplicaSets.OnChange(change => _queue.Add(ObjectKey.Of(change.Value)));
        cache.Pods.OnChange(OnPod);
    }

    public Task RunAsync(CancellationToken cancellation) => Reconciler.RunAsync(_queue, "replicaset", 4, ReconcileAsync, _log, cancellation);

    private void OnPod(InformerEvent<Pod> change)
    {
        foreach (var pod in (Pod?[])[change.Old, change.New])
        {
            if (pod?.Controller() is { Kind: "ReplicaSet" } owner)
                _queue.Add(new ObjectKey(pod.Metadata.Namespace ?? "", owner.Name));
        }
        if (change.New is { } current && current.Controller() is null)
        {
            foreach (var set in _cache.ReplicaSetsByNamespace[current.Metadata.Namespace ?? ""])
            {
                if (LabelSelectors.Matches(set.Spec?.Selector, current.Metadata.Labels))
                    _queue.Add(ObjectKey.Of(set));
            }
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_cache.ReplicaSets.Find(key) is not { } set)
            return;
        var plan = ReplicaSetPlanner.Decide(
            set, _cache.PodsByController[set.Metadata.Uid ?? ""], _cache.PodsByController[ClusterCache.Orphans(key.Namespace)], _time.GetUtcNow());
        if (plan.CheckAgain is { } later)
            _queue.AddAfter(key, later);
        await Task.WhenAll(plan.Adopt.Select(p => SetOwnersAsync(p, [.. p.Metadata.OwnerReferences ?? [], Ownership.ControllerReference(set)], cancellation)));
        await Task.WhenAll(plan.Release.Select(p => SetOwnersAsync(p, [.. p.Metadata.OwnerReferences!.Where(o => o.Uid != set.Metadata.Uid)], cancellation)));
        await Task.WhenAll(plan.Delete.Select(p => DeleteAsync(set, p, cancellation)));
        if (plan.Create > 0)
            await CreateAsync(set, plan.Create, cancellation);
        await WriteStatusAsync(set, plan.Status, cancellation);
    }

    private async Task CreateAsync(ReplicaSet set, int count, CancellationToken cancellation)
    {
        var body = PodFrom(set);
        ulong last = 0;
        try
        {
            await SlowStart.RunAsync(count, async () =>
            {
                var pod = await _api.CreateRawAsync<Pod>(set.Metadata.Namespace, (JsonObject)body.DeepClone(), cancellation);
                var version = ulong.Parse(pod.Metadata.ResourceVersion!, CultureInfo.InvariantCulture);
                InterlockedMax(ref last, version);
                _events.Normal(set, "SuccessfulCreate", $"Created pod: {pod.Metadata.Name}");
            });
        }
        catch (KubeApiException e)
        {
            _events.Warning(set, "FailedCreate", $"Error creating: {e.Message}");
            throw;
        }
        finally
        {
            // The next look at this ReplicaSet must see these pods, or it would create them again.
            await _cache.Pods.CaughtUpAsync(last.ToString(CultureInfo.InvariantCulture), cancellation);
        }
    }

    private static void InterlockedMax(ref ulong target, ulong value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    private async Task DeleteAsync(ReplicaSet set, Pod pod, CancellationToken cancellation)
    {
        try
        {
            await _api.DeleteAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, new DeleteQuery { Uid = pod.Metadata.Uid }, cancellation);
            _events.Normal(set, "SuccessfulDelete", $"Deleted pod: {pod.Metadata.Name}");
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone already; wait for the news all the same.
        }
        await _cache.Pods.DeletionSeenAsync(ObjectKey.Of(pod), pod.Metadata.Uid, cancellation);
    }

    private async Task SetOwnersAsync(Pod pod, IReadOnlyList<OwnerReference> owners, CancellationToken cancellation)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid, ["ownerReferences"] = Ownership.ToJson(owners) } };
        var written = await _api.PatchAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, patch, null, cancellation);
        await _cache.Pods.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
    }

    private async Task WriteStatusAsync(ReplicaSet set, ReplicaSetStatus status, CancellationToken cancellation)
    {
        var old = set.Status ?? new ReplicaSetStatus();
        if (Filled(old) == status)
            return;
        var patch = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["observedGeneration"] = status.ObservedGeneration,
                ["replicas"] = status.Replicas,
                ["fullyLabeledReplicas"] = OrAbsent(status.FullyLabeledReplicas),
                ["readyReplicas"] = OrAbsent(status.ReadyReplicas),
                ["availableReplicas"] = OrAbsent(status.AvailableReplicas),
            },
        };
        var written = await _api.PatchAsync<ReplicaSet>(set.Metadata.Namespace, set.Metadata.Name!, patch, "status", cancellation);
        await _cache.ReplicaSets.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
    }

    /// <summary>The API leaves zeros out (omitempty).</summary>
    private static JsonNode? OrAbsent(int? count) => count is null or 0 ? null : count;

    private static ReplicaSetStatus Filled(ReplicaSetStatus status) => status with
    {
        Replicas = status.Replicas ?? 0,
        FullyLabeledReplicas = status.FullyLabeledReplicas ?? 0,
        ReadyReplicas = status.ReadyReplicas ?? 0,
        AvailableReplicas = status.AvailableReplicas ?? 0,
    };

    private static JsonObject PodFrom(ReplicaSet set)
    {
        var template = set.Spec?.Template is { ValueKind: JsonValueKind.Object } raw ? JsonObject.Create(raw)! : [];
        var metadata = template["metadata"]?.DeepClone() as JsonObject ?? [];
        metadata.Remove("name");
        metadata["generateName"] = $"{set.Metadata.Name}-";
        metadata["namespace"] = set.Metadata.Namespace;
        metadata["ownerReferences"] = Ownership.ControllerReferences(set);
        metadata.Remove("creationTimestamp");
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = template["spec"]?.DeepClone() };
    }
}
