using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Fakes;

/// <summary>Plays all nodes: what is bound runs and is ready at once, what is deleted ends at once, unless held.</summary>
public sealed class FakeKubelet(IKubeApi api)
{
    private readonly WorkQueue<ObjectKey> _queue = new();
    private readonly Informer<Pod> _pods = new(api, ListQuery.All, NullLogger.Instance);
    private int _addresses;

    /// <summary>Whether a pod may become ready now; asked again when the pod changes.</summary>
    public Func<Pod, bool> BecomesReady { get; set; } = _ => true;

    /// <summary>Whether a terminating pod may end now.</summary>
    public Func<Pod, bool> Ends { get; set; } = _ => true;

    public async Task RunAsync(CancellationToken cancellation)
    {
        _pods.OnChange(change => _queue.Add(ObjectKey.Of(change.Value)));
        await Task.WhenAll(_pods.RunAsync(cancellation), Reconciler.RunAsync(_queue, "fake-kubelet", 4, ReconcileAsync, NullLogger.Instance, cancellation));
    }

    /// <summary>Looks at all pods again.</summary>
    public void Wake()
    {
        foreach (var key in _pods.Items.Keys)
            _queue.Add(key);
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Find(key) is not { } pod || string.IsNullOrEmpty(pod.Spec?.NodeName))
            return;
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            if (Ends(pod))
                await api.DeleteAsync<Pod>(key.Namespace, key.Name, new DeleteQuery { GracePeriodSeconds = 0, Uid = pod.Metadata.Uid }, cancellation);
            return;
        }
        var ready = BecomesReady(pod);
        if (pod.Status?.PodIP is not null && pod.IsReady() == ready)
            return;
        var number = Interlocked.Increment(ref _addresses);
        var address = pod.Status?.PodIP ?? $"172.20.{number / 250}.{(number % 250) + 2}";
        var written = await api.PatchAsync<Pod>(key.Namespace, key.Name, Running(address, ready), "status", cancellation);
        await _pods.CaughtUpAsync(written.Metadata.ResourceVersion, cancellation);
    }

    private static JsonObject Running(string address, bool ready) => new()
    {
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = address,
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address }),
            ["conditions"] = JsonSerializer.SerializeToNode(
                [
                    new Condition { Type = "PodScheduled", Status = "True", LastTransitionTime = DateTimeOffset.UtcNow },
                    new Condition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = DateTimeOffset.UtcNow },
                ],
                KubeJson.Default.IReadOnlyListCondition),
        },
    };
}
