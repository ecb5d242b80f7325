using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Route;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network.Routing;

/// <summary>Tells the other nodes, by an annotation of the Node, where this node's tunnels end; takes it back when it has none. Written anew when it is lost.</summary>
internal sealed class VtepPublisher(NodeWatch nodes, IKubeApi api, string node, MacAddress? vtep, ILogger log)
{
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    public async Task RunAsync(CancellationToken cancellation)
    {
        await nodes.Synced.WaitAsync(cancellation);
        while (true)
        {
            var changed = nodes.Changed;
            if (nodes.Find(node) is not { } own || own.Vtep == vtep || await TryWriteAsync(cancellation))
                await changed.WaitAsync(cancellation);
            else
                await Task.Delay(_backoff.Next(), cancellation);
        }
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        try
        {
            var annotations = new JsonObject { [PeerNode.VtepAnnotation] = vtep?.ToString() };
            var written = await api.PatchAsync<KubeNode>(null, node, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } }, null, cancellation);
            _backoff.Reset();
            // The copy must show it before anybody looks at the copy again.
            return PeerNode.From(written).Vtep == vtep;
        }
        catch (KubeApiException e)
        {
            Log.NodeStatusNotWritten(log, node, e.Message);
            return false;
        }
    }
}
