using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Api;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network;

namespace Viaduct.Cluster.ControlPlane;

/// <summary>
/// What a cloud controller does for a VPC: keeps a route to each node's pods in the router, so that nodes of different vSwitches reach each other's pods.
/// </summary>
internal sealed class VpcRoutes : IDisposable
{
    private readonly RouteClient _client;
    private readonly NodeWatch _nodes;
    private readonly PodRouteReconciler _reconciler;

    public VpcRoutes(ClusterPaths paths, UnderlayPlan plan, IKubeApi api, ILoggerFactory loggers)
    {
        using var router = NetNamespace.Open(paths.Namespace(UnderlayNames.Router));
        _client = RouteClient.In(router);
        var log = loggers.CreateLogger<VpcRoutes>();
        _nodes = new NodeWatch(api, log);
        var onLink = plan.VSwitches.Select(v => v.Network).ToArray();
        _reconciler = new PodRouteReconciler(_nodes, new PodRoutes(_client), nodes => PodRouteSet.Desired(nodes, null, onLink, null), log);
    }

    public Task RunAsync(CancellationToken cancellation) => Task.WhenAll(_nodes.RunAsync(cancellation), _reconciler.RunAsync(cancellation));

    public void Dispose() => _client.Dispose();
}
