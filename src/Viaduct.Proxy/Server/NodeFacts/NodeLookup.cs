using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server.NodeFacts;

/// <summary>Waits for what a Node object is to say about this node, which may not be registered yet.</summary>
internal sealed class NodeLookup(IKubeApi api, string name, ILogger log, TimeProvider time)
{
    /// <summary>
    /// The first Node object that has what is wanted; after <paramref name="patience"/> whatever there is, or null. Patience begins when the API server
    /// answers: whoever starts while it is away would serve without the node's addresses for the rest of its life.
    /// </summary>
    public async Task<KubeNode?> WaitAsync(Func<KubeNode, bool> isEnough, TimeSpan patience, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var enough = new TaskCompletionSource<KubeNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var nodes = new Informer<KubeNode>(api, new ListQuery { FieldSelector = $"metadata.name={name}" }, log, time);
        nodes.OnChange(change =>
        {
            if (change.New is { } node && isEnough(node))
                enough.TrySetResult(node);
        });
        var watching = nodes.RunAsync(stop.Token);
        try
        {
            await nodes.Synced.WaitAsync(cancellation);
            return await enough.Task.WaitAsync(patience, time, cancellation);
        }
        catch (TimeoutException)
        {
            return nodes.Find(null, name);
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }
    }
}
