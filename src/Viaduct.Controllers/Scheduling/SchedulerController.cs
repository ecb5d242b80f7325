using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Events;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Scheduling;

/// <summary>Gives each pod a node, one pod after the other, so that each decision knows those before it.</summary>
internal sealed class SchedulerController
{
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly EventRecorder _events;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly WorkQueue<ObjectKey> _queue = new();
    private readonly NodeLoad _load = new();
    private readonly ConcurrentDictionary<ObjectKey, string> _refused = new();

    public SchedulerController(IKubeApi api, ClusterCache cache, EventRecorder events, ILogger log, TimeProvider time)
    {
        (_api, _cache, _events, _log, _time) = (api, cache, events.As("default-scheduler"), log, time);
        cache.Pods.OnChange(OnPod);
        cache.Nodes.OnChange(change =>
        {
            if (change.Type != ChangeType.Updated || !SameForScheduling(change.Old!, change.New!))
                AddRefused();
        });
    }

    public Task RunAsync(CancellationToken cancellation) => Reconciler.RunAsync(_queue, "scheduler", 1, ReconcileAsync, _log, cancellation);

    private void OnPod(InformerEvent<Pod> change)
    {
        var key = ObjectKey.Of(change.Value);
        var freed = _load.Observe(change.Old, change.New);
        if (change.New is { } pod && NeedsNode(pod))
            _queue.Add(key);
        else
            _refused.TryRemove(key, out _);
        if (freed)
            AddRefused();
    }

    private static bool NeedsNode(Pod pod) => string.IsNullOrEmpty(pod.Spec?.NodeName) && pod.IsActive();

    private static bool SameForScheduling(Node a, Node b) =>
        a.Spec?.Unschedulable == b.Spec?.Unschedulable
        && Ready(a) == Ready(b)
        && (a.Metadata.Labels ?? new Dictionary<string, string>()).OrderBy(l => l.Key).SequenceEqual((b.Metadata.Labels ?? new Dictionary<string, string>()).OrderBy(l => l.Key));

    private static string? Ready(Node node) => node.Status?.Conditions?.FirstOrDefault(c => c.Type == "Ready")?.Status;

    private void AddRefused()
    {
        foreach (var key in _refused.Keys)
            _queue.Add(key);
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_cache.Pods.Find(key) is not { } pod || !NeedsNode(pod) || _load.IsAssumed(pod))
            return;
        // Noted before the decision: a node that becomes ready meanwhile must bring the pod here again.
        _refused[key] = "";
        var decision = SchedulingPlanner.Decide(pod, [.. _cache.Nodes.Items.Values], _load.CountOn);
        if (decision.Node is { } node)
            await BindAsync(key, pod, node, decision.Message, cancellation);
        else
            await RefuseAsync(pod, decision.Message, cancellation);
    }

    private async Task BindAsync(ObjectKey key, Pod pod, string node, string message, CancellationToken cancellation)
    {
        _load.Assume(pod, node);
        try
        {
            await _api.BindAsync(pod.Metadata.Namespace!, pod.Metadata.Name!, node, cancellation);
        }
        catch
        {
            _load.Forget(pod);
            throw;
        }
        _refused.TryRemove(key, out _);
        Log.Bound(_log, key.ToString(), node);
        _events.Normal(pod, "Scheduled", message);
    }

    private async Task RefuseAsync(Pod pod, string message, CancellationToken cancellation)
    {
        var before = pod.Status?.Conditions?.FirstOrDefault(c => c.Type == "PodScheduled");
        if (before is { Status: "False" } && before.Message == message)
            return;
        _events.Warning(pod, "FailedScheduling", message);
        var condition = new Condition { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = message, LastTransitionTime = _time.GetUtcNow() };
        IReadOnlyList<Condition> conditions = [.. (pod.Status?.Conditions ?? []).Where(c => c.Type != "PodScheduled"), condition];
        var patch = new JsonObject
        {
            ["status"] = new JsonObject { ["conditions"] = JsonSerializer.SerializeToNode(conditions, KubeJson.Default.IReadOnlyListCondition) },
        };
        var written = await _api.PatchAsync<Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, patch, "status", cancellation);
        await _cache.Pods.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
    }
}
