using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cluster.ControlPlane;

/// <summary>
/// What a cloud controller does for a VPC: keeps a route to each node's pods in the router, so that nodes of different vSwitches reach each other's pods.
/// Nodes with tunnels between them need nothing of the router.
/// </summary>
internal sealed class VpcRoutes : IDisposable
{
    private readonly RouteClient _client;
    private readonly RouteMonitor _monitor;
    private readonly NodeWatch _nodes;
    private readonly PodNetwork _network;

    public VpcRoutes(ClusterPaths paths, IKubeApi api, ILoggerFactory loggers)
    {
        using var router = NetNamespace.Open(paths.Namespace(UnderlayNames.Router));
        (_client, _monitor) = router.Run(() =>
        {
            var client = new RouteClient();
            return (client, new RouteMonitor(client));
        });
        var log = loggers.CreateLogger<VpcRoutes>();
        _nodes = new NodeWatch(api, log);
        _network = new PodNetwork(_nodes, new RouterPlace(_client), _client, _monitor, PodRoute.DefaultProtocol, log);
    }

    public Task RunAsync(CancellationToken cancellation) => Together.RunAsync(cancellation, _nodes.RunAsync, _network.RunAsync);

    public void Dispose()
    {
        _monitor.Dispose();
        _client.Dispose();
    }
}
