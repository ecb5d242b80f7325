using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Standalone;

/// <summary>
/// Says in the Node's condition NetworkUnavailable that there is a network. Some clouds set it on new nodes; while it is True the node lifecycle controller keeps the taint
/// node.kubernetes.io/network-unavailable on the node (kubernetes pkg/controller/nodelifecycle), and no ordinary pod comes. Written where it is missing, too, as flannel and
/// Calico do: people see by it who runs the network. It stays when the agent ends, as the network does.
/// </summary>
internal sealed class NetworkCondition(NodeWatch nodes, IKubeApi api, string node, ILogger log)
{
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    /// <summary>Keeps it so until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var changed = nodes.Changed;
            if (nodes.Find(node) is not { HasNetwork: false } || await TryWriteAsync(cancellation))
                await changed.WaitAsync(cancellation);
            else
                await Task.Delay(_backoff.Next(), cancellation);
        }
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        try
        {
            await api.SetConditionAsync<KubeNode>(null, node, Available(DateTimeOffset.UtcNow), cancellation);
            _backoff.Reset();
            return true;
        }
        catch (KubeApiException e)
        {
            if (_backoff.IsFirst)
                Log.NodeStatusNotWritten(log, node, e.Message);
            return false;
        }
    }

    private static Condition Available(DateTimeOffset now) => new()
    {
        Type = PeerNode.NetworkUnavailable,
        Status = "False",
        Reason = "ViaductIsUp",
        Message = "viaduct routes has set the routes to the pods of all nodes",
        LastTransitionTime = now,
        LastHeartbeatTime = now,
    };
}
