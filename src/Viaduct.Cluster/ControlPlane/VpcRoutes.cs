using Microsoft.Extensions.Logging;
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
public sealed class VpcRoutes : IDisposable
{
    private readonly RouteClient _client;
    private readonly RouteMonitor _monitor;
    private readonly NodeWatch _nodes;
    private readonly PodNetwork _network;

    /// <param name="router">The router's network namespace; needed only here.</param>
    /// <param name="api">Where the nodes are.</param>
    /// <param name="loggers">For people.</param>
    public VpcRoutes(NetNamespace router, IKubeApi api, ILoggerFactory loggers)
    {
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
