using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Linux.Route;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network.Routing;

/// <summary>Tells the other nodes, by an annotation of the Node, where this node's tunnels end; takes it back when it has none.</summary>
internal sealed class VtepPublisher(NodeWatch nodes, IKubeApi api, string node, MacAddress? vtep, ILogger log)
{
    public Task RunAsync(CancellationToken cancellation) => new OwnNodeWriter(nodes, node, own => own.Vtep == vtep, WriteAsync, log).RunAsync(cancellation);

    private Task<KubeNode> WriteAsync(CancellationToken cancellation)
    {
        var annotations = new JsonObject { [PeerNode.VtepAnnotation] = vtep?.ToString() };
        return api.PatchAsync<KubeNode>(null, node, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } }, null, cancellation);
    }
}
