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

namespace Viaduct.Controllers.Deployments;

/// <summary>Turns Deployments into ReplicaSets and moves from one template to the next.</summary>
internal sealed class DeploymentController
{
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly EventRecorder _events;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly WorkQueue<ObjectKey> _queue = new();

    public DeploymentController(IKubeApi api, ClusterCache cache, EventRecorder events, ILogger log, TimeProvider time)
    {
        (_api, _cache, _events, _log, _time) = (api, cache, events.As("deployment-controller"), log, time);
        cache.Deployments.OnChange(change => _queue.Add(ObjectKey.Of(change.Value)));
        cache.ReplicaSets.OnChange(change => AddOwner(change.Value));
        // Recreate waits until the old pods are gone, not only terminating.
        cache.Pods.OnChange(change =>
        {
            if (change.Type == ChangeType.Deleted && change.Value.Controller() is { Kind: "ReplicaSet" } owner
                && cache.ReplicaSets.Find(change.Value.Metadata.Namespace, owner.Name) is { } set)
                AddOwner(set);
        });
    }

    public Task RunAsync(CancellationToken cancellation) => Reconciler.RunAsync(_queue, "deployment", 4, ReconcileAsync, _log, cancellation);

    private void AddOwner(ReplicaSet set)
    {
        if (set.Controller() is { Kind: "Deployment" } owner)
            _queue.Add(new ObjectKey(set.Metadata.Namespace ?? "", owner.Name));
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_cache.Deployments.Find(key) is not { } deployment)
            return;
        await AdoptAsync(deployment, cancellation);
        var sets = _cache.ReplicaSetsByController[deployment.Metadata.Uid ?? ""];
        var plan = DeploymentPlanner.Decide(deployment, sets, HasPods, _time.GetUtcNow());
        if (plan.Create is { } made)
            await CreateAsync(deployment, made, plan.Revision, cancellation);
        foreach (var scaling in plan.Scale)
            await ScaleAsync(deployment, scaling, cancellation);
        foreach (var set in plan.Delete)
            await DeleteAsync(set, cancellation);
        await WriteRevisionAsync(deployment, plan, cancellation);
        await WriteStatusAsync(deployment, plan.Status, cancellation);
    }

    /// <summary>ReplicaSets that lost their Deployment (<c>kubectl delete --cascade=orphan</c>) belong to the next one that selects them.</summary>
    private async Task AdoptAsync(Deployment deployment, CancellationToken cancellation)
    {
        if (deployment.Metadata.DeletionTimestamp is not null)
            return;
        var orphans = _cache.ReplicaSetsByNamespace[deployment.Metadata.Namespace ?? ""].Where(s =>
            s.Controller() is null && s.Metadata.DeletionTimestamp is null && LabelSelectors.Matches(deployment.Spec?.Selector, s.Metadata.Labels));
        foreach (var set in orphans)
        {
            var owners = Ownership.ToJson([.. set.Metadata.OwnerReferences ?? [], Ownership.ControllerReference(deployment)]);
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = set.Metadata.Uid, ["ownerReferences"] = owners } };
            var written = await _api.PatchAsync<ReplicaSet>(set.Metadata.Namespace, set.Metadata.Name!, patch, null, cancellation);
            await _cache.ReplicaSets.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
        }
    }

    private bool HasPods(ReplicaSet set) => _cache.PodsByController[set.Metadata.Uid ?? ""].Any(p => !p.IsFinished());

    private async Task CreateAsync(Deployment deployment, NewReplicaSet made, long revision, CancellationToken cancellation)
    {
        try
        {
            var set = await _api.CreateRawAsync<ReplicaSet>(deployment.Metadata.Namespace, ReplicaSetFrom(deployment, made, revision), cancellation);
            _events.Normal(deployment, "ScalingReplicaSet", $"Scaled up replica set {made.Name} from 0 to {made.Replicas}");
            await _cache.ReplicaSets.CaughtUpAsync(set.Metadata.ResourceVersion, cancellation);
        }
        catch (KubeApiException e) when (!e.IsTransient && !e.IsAlreadyExists)
        {
            _events.Warning(deployment, "ReplicaSetCreateError", $"Failed to create new replica set \"{made.Name}\": {e.Message}");
            throw;
        }
    }

    private async Task ScaleAsync(Deployment deployment, Scaling scaling, CancellationToken cancellation)
    {
        var (set, replicas) = scaling;
        var before = DeploymentPlanner.Replicas(set);
        var patch = new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } };
        var written = await _api.PatchAsync<ReplicaSet>(set.Metadata.Namespace, set.Metadata.Name!, patch, null, cancellation);
        var direction = replicas > before ? "up" : "down";
        _events.Normal(deployment, "ScalingReplicaSet", $"Scaled {direction} replica set {set.Metadata.Name} from {before} to {replicas}");
        await _cache.ReplicaSets.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
    }

    private async Task DeleteAsync(ReplicaSet set, CancellationToken cancellation)
    {
        await _api.DeleteAsync<ReplicaSet>(set.Metadata.Namespace, set.Metadata.Name!, new DeleteQuery { Uid = set.Metadata.Uid }, cancellation);
        await _cache.ReplicaSets.DeletionSeenAsync(ObjectKey.Of(set), set.Metadata.Uid, cancellation);
    }

    /// <summary>Both carry the number of the template: the Deployment and the ReplicaSet that runs it.</summary>
    private async Task WriteRevisionAsync(Deployment deployment, DeploymentPlan plan, CancellationToken cancellation)
    {
        var text = plan.Revision.ToString(CultureInfo.InvariantCulture);
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [DeploymentPlanner.RevisionAnnotation] = text } } };
        if (plan.Current is { } set && DeploymentPlanner.Revision(set) != plan.Revision)
        {
            var written = await _api.PatchAsync<ReplicaSet>(set.Metadata.Namespace, set.Metadata.Name!, patch, null, cancellation);
            await _cache.ReplicaSets.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
        }
        if ((plan.Current is not null || plan.Create is not null) && DeploymentPlanner.Revision(deployment) != plan.Revision)
            await _api.PatchAsync<Deployment>(deployment.Metadata.Namespace, deployment.Metadata.Name!, patch, null, cancellation);
    }

    private async Task WriteStatusAsync(Deployment deployment, DeploymentStatus status, CancellationToken cancellation)
    {
        if (DeploymentStatuses.Same(deployment.Status, status))
            return;
        var patch = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["observedGeneration"] = status.ObservedGeneration,
                ["replicas"] = OrAbsent(status.Replicas),
                ["updatedReplicas"] = OrAbsent(status.UpdatedReplicas),
                ["readyReplicas"] = OrAbsent(status.ReadyReplicas),
                ["availableReplicas"] = OrAbsent(status.AvailableReplicas),
                ["unavailableReplicas"] = OrAbsent(status.UnavailableReplicas),
                ["conditions"] = JsonSerializer.SerializeToNode(status.Conditions, KubeJson.Default.IReadOnlyListCondition),
            },
        };
        var written = await _api.PatchAsync<Deployment>(deployment.Metadata.Namespace, deployment.Metadata.Name!, patch, "status", cancellation);
        await _cache.Deployments.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
    }

    /// <summary>The API leaves zeros out (omitempty).</summary>
    private static JsonNode? OrAbsent(int? count) => count is null or 0 ? null : count;

    private static JsonObject ReplicaSetFrom(Deployment deployment, NewReplicaSet made, long revision)
    {
        var template = JsonObject.Create(deployment.Spec!.Template!.Value)!;
        var metadata = Child(template, "metadata");
        Child(metadata, "labels")[TemplateHash.Label] = made.Hash;
        var selector = JsonSerializer.SerializeToNode(deployment.Spec.Selector ?? new LabelSelector(), KubeJson.Default.LabelSelector)!.AsObject();
        Child(selector, "matchLabels")[TemplateHash.Label] = made.Hash;
        return new JsonObject
        {
            ["apiVersion"] = ReplicaSet.Resource.ApiVersion,
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = made.Name,
                ["namespace"] = deployment.Metadata.Namespace,
                ["labels"] = metadata["labels"]!.DeepClone(),
                ["annotations"] = Annotations(deployment, revision),
                ["ownerReferences"] = Ownership.ControllerReferences(deployment),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = made.Replicas,
                ["minReadySeconds"] = OrAbsent(deployment.Spec.MinReadySeconds),
                ["selector"] = selector,
                ["template"] = template,
            },
        };
    }

    /// <summary>Notes such as kubernetes.io/change-cause go along; what kubectl keeps for itself does not.</summary>
    private static JsonObject Annotations(Deployment deployment, long revision)
    {
        var annotations = new JsonObject();
        foreach (var (key, value) in deployment.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            if (key is not ("kubectl.kubernetes.io/last-applied-configuration" or DeploymentPlanner.RevisionAnnotation))
                annotations[key] = value;
        }
        annotations[DeploymentPlanner.RevisionAnnotation] = revision.ToString(CultureInfo.InvariantCulture);
        return annotations;
    }

    private static JsonObject Child(JsonObject parent, string field)
    {
        if (parent[field] is not JsonObject child)
            parent[field] = child = [];
        return child;
    }
}
