using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Api;
using Viaduct.Lab.Filtering;
using Viaduct.Lab.Network;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Sysctls;
using Viaduct.Node;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;

namespace Viaduct.Lab.Clusters;

/// <summary>A node of a cluster of an experiment: a host, its agent and its proxy, in this process.</summary>
internal sealed class LabNode : IDisposable
{
    private const string Bridge = "cni0";

    private readonly NodeAgent agent;
    private readonly ServiceProxy proxy;
    private readonly SwitchingBackend backend;
    private readonly ConntrackClient conntrack;
    private readonly NodeOptions options;

    public LabNode(LabHost host, HostPlan plan, NodeOptions options, IPNetwork podCidr, IKubeApi api)
    {
        (Host, Plan, this.options) = (host, plan, options);
        agent = new NodeAgent(options, api, NullLoggerFactory.Instance);
        conntrack = ConntrackClient.In(host.Namespace);
        backend = new SwitchingBackend(new Modes(this, podCidr), LabBackends.KernelMode, NullLogger.Instance);
        var proxyOptions = new ProxyOptions { NodeName = plan.Name, NodeAddresses = plan.Addresses };
        proxy = new ServiceProxy(api, new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = backend }, proxyOptions, NullLogger.Instance, Served, conntrack);
    }

    public LabHost Host { get; }

    public HostPlan Plan { get; }

    /// <summary>What the kernel serves of Services.</summary>
    public ServedState Served { get; } = new();

    public ConntrackClient Conntrack => conntrack;

    public Task RunAgentAsync(CancellationToken cancellation) => agent.RunAsync(cancellation);

    public Task RunProxyAsync(CancellationToken cancellation) => proxy.RunAsync(cancellation);

    /// <summary>Serves Services by another mode from now on.</summary>
    public Task SwitchAsync(ProxyMode mode) => backend.SwitchAsync(mode, CancellationToken.None);

    /// <summary>The file that a pod's namespace is mounted on.</summary>
    public string PathOfPod(string name) => Directory.GetFiles(options.NetNamespaceDirectory, $"default_{name}_*").Single();

    public void Dispose()
    {
        backend.Dispose();
        conntrack.Dispose();
    }

    private sealed class Modes(LabNode node, IPNetwork podCidr) : IProxyModes
    {
        public IReadOnlyList<ProxyMode> All { get; } = Enum.GetValues<ProxyMode>();

        public IProxyBackend Open(ProxyMode mode) => node.Host.Namespace.Run(() => LabBackends.Open(mode, Options()));

        public void Remove(ProxyMode mode, ProxyMode serving) => node.Host.Namespace.Run(() => ProxyBackends.Remove(mode, IPFamily.IPv4));

        private BackendOptions Options() => new()
        {
            Family = IPFamily.IPv4,
            LocalDetector = new LocalDetector.Cidr(podCidr),
            NodePortNetworks = [new IPNetwork(node.Plan.Address, 32)],
            BridgeWithoutNetfilter = Sysctl.Exists("net.bridge.bridge-nf-call-iptables") ? null : Bridge,
        };
    }
}
