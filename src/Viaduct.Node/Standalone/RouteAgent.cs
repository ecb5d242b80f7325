using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Node.Standalone;

/// <summary>
/// The network of a node whose pods somebody else runs, such as a kubelet: routes to the pods of other nodes, what leaves the cluster, and the CNI configuration.
/// The Node must have been registered. Works in the current network namespace.
/// </summary>
public sealed class RouteAgent(RouteAgentOptions options, IKubeApi api, ILoggerFactory loggers)
{
    private readonly ILogger _log = loggers.CreateLogger("Viaduct.Node");

    /// <summary>Works until cancelled; then everything stays as it is, as pods need it without us, too.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var node = NetNamespace.OpenCurrent();
        var nodes = new NodeWatch(api, _log);
        using var network = new NodeNetwork(node, options.PodNetwork, nodes, api, _log);
        await Together.RunAsync(cancellation, nodes.RunAsync, network.RunAsync, stop => RunOwnAsync(node, nodes, network, stop));
    }

    /// <summary>Removes what an agent with these options made in the current network namespace, and nothing else.</summary>
    public static void CleanUp(PodNetworkOptions options)
    {
        using var client = new RouteClient();
        foreach (var route in client.ListRoutes().Where(r => r.Protocol == options.Protocol))
            client.DeleteRoute(new RouteSpec { Destination = route.Destination, Gateway = route.Gateway, LinkIndex = route.LinkIndex, Metric = route.Metric, Protocol = route.Protocol });
        if (client.FindLink(options.TunnelName) is { Kind: "vxlan" } tunnel)
            client.DeleteLink(tunnel.Index);
        NodeMasquerade.Remove();
    }

    private async Task RunOwnAsync(NetNamespace node, NodeWatch nodes, NodeNetwork network, CancellationToken cancellation)
    {
        using var own = new OwnPods(node, options.OwnPods, nodes, network, _log);
        await own.StartAsync(cancellation);
        NodeSysctls.ApplyToHost(node, own.PodCidrs, _log);
        // With the backend vpc it is the cloud that makes the routes, and its controller that says whether there are any.
        if (options.PodNetwork.Backend == RouteBackend.Vpc)
            await own.RunAsync(cancellation);
        else
            await Together.RunAsync(cancellation, own.RunAsync, stop => ReportAsync(nodes, network, stop));
    }

    private async Task ReportAsync(NodeWatch nodes, NodeNetwork network, CancellationToken cancellation)
    {
        await network.Applied.WaitAsync(cancellation);
        await new NetworkCondition(nodes, api, options.PodNetwork.NodeName, _log).RunAsync(cancellation);
    }
}
