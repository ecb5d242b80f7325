using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

/// <summary>
/// Writes Warning events about pods. The same event again counts up the one that exists. Events are a courtesy: one that cannot be
/// written is logged and forgotten.
/// </summary>
internal sealed class PodEvents(IKubeApi api, string nodeName, TimeProvider time, ILogger log)
{
    private readonly ConcurrentDictionary<(string? Uid, string Reason, string Message), int> _counts = new();

    public void Warn(Pod pod, string reason, string message, CancellationToken cancellation)
    {
        Log.PodEvent(log, pod.Metadata.Namespace, pod.Metadata.Name, reason, message);
        var key = (pod.Metadata.Uid, reason, message);
        var count = _counts.AddOrUpdate(key, 1, (_, n) => n + 1);
        // The name is the key's, so that a repetition finds its event again.
        var hash = string.Create(CultureInfo.InvariantCulture, $"{Fnv($"{key.Uid}/{reason}/{message}"):x16}");
        _ = WriteAsync(pod, $"{pod.Metadata.Name}.{hash}", reason, message, count, cancellation);
    }

    /// <summary>The pod is gone: its events stay, the memory of them goes.</summary>
    public void Forget(Pod pod)
    {
        foreach (var key in _counts.Keys.Where(k => k.Uid == pod.Metadata.Uid))
            _counts.TryRemove(key, out _);
    }

    private async Task WriteAsync(Pod pod, string name, string reason, string message, int count, CancellationToken cancellation)
    {
        try
        {
            if (count == 1)
                await CreateAsync(pod, name, reason, message, cancellation);
            else
                await api.PatchAsync<Event>(pod.Metadata.Namespace, name, Repetition(count), null, cancellation);
        }
        catch (KubeApiException e)
        {
            Log.EventNotWritten(log, pod.Metadata.Namespace, pod.Metadata.Name, e.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The agent ends.
        }
    }

    private JsonObject Repetition(int count) => new() { ["count"] = count, ["lastTimestamp"] = Now() };

    private async Task CreateAsync(Pod pod, string name, string reason, string message, CancellationToken cancellation)
    {
        try
        {
            await api.CreateRawAsync<Event>(pod.Metadata.Namespace, Json(pod, name, reason, message), cancellation);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            // An earlier agent wrote it.
            await api.PatchAsync<Event>(pod.Metadata.Namespace, name, Repetition(1), null, cancellation);
        }
    }

    private JsonObject Json(Pod pod, string name, string reason, string message) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Event",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = pod.Metadata.Namespace },
        ["involvedObject"] = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["namespace"] = pod.Metadata.Namespace,
            ["name"] = pod.Metadata.Name,
            ["uid"] = pod.Metadata.Uid,
        },
        ["reason"] = reason,
        ["message"] = message,
        ["type"] = "Warning",
        ["count"] = 1,
        ["firstTimestamp"] = Now(),
        ["lastTimestamp"] = Now(),
        ["source"] = new JsonObject { ["component"] = "viaduct-node", ["host"] = nodeName },
        ["reportingComponent"] = "viaduct-node",
        ["reportingInstance"] = nodeName,
    };

    private string Now() => KubeTime.Format(time.GetUtcNow());

    /// <summary>FNV-1a: the same for every run of the agent, unlike string.GetHashCode.</summary>
    private static ulong Fnv(string text) => text.Aggregate(14695981039346656037UL, (hash, c) => unchecked((hash ^ c) * 1099511628211UL));
}
