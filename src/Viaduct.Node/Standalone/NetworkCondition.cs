using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
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
    /// <summary>Keeps it so until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => new OwnNodeWriter(nodes, node, own => own.HasNetwork, WriteAsync, log).RunAsync(cancellation);

    private Task<KubeNode> WriteAsync(CancellationToken cancellation) => api.SetConditionAsync<KubeNode>(null, node, Available(DateTimeOffset.UtcNow), cancellation);

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
