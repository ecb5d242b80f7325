using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Sysctls;
using Viaduct.Node;
using Viaduct.Node.Network.Routing;
using Viaduct.Proxy.Server;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Cluster.Nodes;

/// <summary>The verb <c>node</c>: agent and proxy of one node, in one process inside the node's network namespace.</summary>
public static class NodeProcess
{
    public static async Task<int> RunAsync(ClusterPaths paths, string name, ILoggerFactory loggers)
    {
        var spec = ClusterSpec.Load(paths.Spec);
        var host = UnderlayPlan.From(spec).Nodes.Single(n => n.Name == name);
        using var life = new ProcessLife();
        // Process 1 of the node's pid namespace inherits the orphans of its containers.
        ChildReaper.Start();
        using var api = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(paths.NodeKubeconfig(name)));
        var plan = spec.ToPlan();
        var options = Options(paths, spec, host);
        using var proxy = ProxyInstance.Open(ProxyConfiguration.For(plan.PodCidr, spec.ProxyMode), Identity(options), api, loggers);
        var pages = new Dictionary<string, RequestDelegate>
        {
            [ServiceReportEndpoint.Path] = new ServiceReportEndpoint(proxy.Inspector).HandleAsync,
            [ProxyModeEndpoint.Path] = new ProxyModeEndpoint(proxy.Mode).HandleAsync,
        };
        var agent = new NodeAgent(options, api, loggers, pages: pages);
        await life.RunAsync(agent.RunAsync, proxy.RunAsync);
        return 0;
    }

    // No bind address: health and metrics answer on the addresses of the node's own network namespace, at kube-proxy's ports.
    private static NodeIdentity Identity(NodeOptions options) => new()
    {
        Name = options.NodeName,
        Addresses = [.. options.NodeAddresses],
        BridgeWithoutNetfilter = Sysctl.Exists("net.bridge.bridge-nf-call-iptables") ? null : options.BridgeName,
    };

    private static NodeOptions Options(ClusterPaths paths, ClusterSpec spec, HostPlan host) => new()
    {
        NodeName = host.Name,
        NodeAddresses = host.Addresses,
        PodNetwork = new PodNetworkOptions
        {
            NodeName = host.Name,
            Backend = spec.RouteBackend,
            Gateways = host.VSwitch.Gateways,
            Vni = spec.Vxlan.Vni,
            VxlanPort = spec.Vxlan.Port,
            ChecksumOffload = spec.Vxlan.ChecksumOffload,
        },
        Zone = host.VSwitch.Zone,
        NonMasqueradeCidrs = spec.ToNonMasqueradeCidrs(),
        RunDirectory = paths.RunDirectory,
        StateDirectory = paths.NodeStateDirectory(host.Name),
        CniPluginPath = Path.Combine(AppContext.BaseDirectory, "viaduct-cni"),
        SelfCommand = [Environment.ProcessPath!],
    };
}
