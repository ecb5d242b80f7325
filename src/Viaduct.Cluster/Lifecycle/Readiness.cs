using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>Waits, by watching, until objects are as they should be.</summary>
public static class Readiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <exception cref="ClusterException">Not all nodes are Ready in time.</exception>
    public static Task WaitForNodesAsync(IKubeApi api, int count, CancellationToken cancellation) =>
        WaitAsync<KubeNode>(
            api,
            nodes => nodes.Count(IsReady) >= count,
            nodes => $"Only {nodes.Count(IsReady)} of {count} nodes became ready within {Patience.TotalSeconds} s; see the logs of the nodes.",
            cancellation);

    /// <summary>Waits for the Deployments' replicas and for pods without a Deployment.</summary>
    /// <exception cref="ClusterException">Not all pods run in time; the message says what the first of them waits for.</exception>
    public static async Task WaitForPodsAsync(IKubeApi api, CancellationToken cancellation)
    {
        try
        {
            await WaitAsync<Deployment>(
                api,
                deployments => deployments.All(IsComplete),
                deployments => $"Deployment \"{deployments.First(d => !IsComplete(d)).Metadata.Name}\" does not have all its replicas ready within {Patience.TotalSeconds} s",
                cancellation);
        }
        catch (ClusterException e)
        {
            var pods = await api.ListAsync<Pod>(ListQuery.All, cancellation);
            throw new ClusterException($"{e.Message}: {pods.Items.Where(p => !IsSettled(p)).Select(Explain).FirstOrDefault() ?? "its pods are ready now"}.", e);
        }

        await WaitAsync<Pod>(
            api,
            pods => pods.All(IsSettled),
            pods => $"Not all pods run within {Patience.TotalSeconds} s: {Explain(pods.First(p => !IsSettled(p)))}.",
            cancellation);
    }

    private static bool IsSettled(Pod pod) => pod.IsReady() || pod.Status?.Phase is "Succeeded" or "Failed" || pod.Metadata.DeletionTimestamp is not null;

    /// <summary>Why a pod is not ready: what its first waiting container, or else its first false condition, says.</summary>
    private static string Explain(Pod pod)
    {
        var waiting = pod.Status?.ContainerStatuses?.Select(c => c.State?.Waiting).FirstOrDefault(w => w is not null);
        var condition = pod.Status?.Conditions?.FirstOrDefault(c => c.Status == "False" && c.Message is not null);
        var reason = waiting is null ? condition?.Message : $"{waiting.Reason} {waiting.Message}".Trim();
        return $"pod \"{pod.Metadata.Name}\" is {pod.Status?.Phase ?? "Unknown"} ({reason ?? "no reason known"})";
    }

    private static bool IsReady(KubeNode node) =>
        node.Spec?.PodCIDR is not null && (node.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) ?? false);

    private static bool IsComplete(Deployment deployment) =>
        deployment.Status?.ObservedGeneration >= deployment.Metadata.Generation
        && (deployment.Status?.ReadyReplicas ?? 0) >= (deployment.Spec?.Replicas ?? 1);

    private static async Task WaitAsync<T>(IKubeApi api, Func<IReadOnlyCollection<T>, bool> isDone, Func<IReadOnlyCollection<T>, string> complain, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var objects = new Dictionary<string, T>();
        try
        {
            while (!await FollowAsync(api, objects, isDone, limit.Token))
            {
                // The server ended the watch; list again.
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ClusterException(complain(objects.Values));
        }
    }

    /// <summary>Lists and watches until done; false when the watch ended before.</summary>
    private static async Task<bool> FollowAsync<T>(IKubeApi api, Dictionary<string, T> objects, Func<IReadOnlyCollection<T>, bool> isDone, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var list = await api.ListAsync<T>(ListQuery.All, cancellation);
        objects.Clear();
        foreach (var item in list.Items)
            objects[item.Metadata.Uid!] = item;
        if (isDone(objects.Values))
            return true;
        await foreach (var change in api.WatchAsync<T>(ListQuery.All, list.Metadata.ResourceVersion!, cancellation))
        {
            if (change.Type == WatchEventType.Bookmark)
                continue;
            if (change.Type == WatchEventType.Deleted)
                objects.Remove(change.Value.Metadata.Uid!);
            else
                objects[change.Value.Metadata.Uid!] = change.Value;
            if (isDone(objects.Values))
                return true;
        }

        return false;
    }
}
