using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>
/// One node with pods on a bridge, and a host outside that it reaches: outside 203.0.113.10 -- 203.0.113.1 node cni0 172.20.0.1 -- pods 172.20.0.2...
/// </summary>
internal sealed class NodeLab : IDisposable
{
    public static readonly IPAddress NodeAddress = IPAddress.Parse("203.0.113.1"), Gateway = IPAddress.Parse("172.20.0.1");
    private readonly List<Host> pods = [];
    private readonly ServiceTracker tracker = new("node");
    private readonly ConntrackClient conntrack;
    private readonly string? bridgeWithoutNetfilter;
    private readonly RouteClient route;
    private readonly StaleFlows staleFlows;

    public NodeLab(bool bridgeCallsIptables = true, string? bridgeWithoutNetfilter = null)
    {
        this.bridgeWithoutNetfilter = bridgeWithoutNetfilter;
        Node = new Host("node", NodeAddress);
        Outside = new Host("outside", IPAddress.Parse("203.0.113.10"));
        Nft = NftClient.In(Node.Namespace);
        conntrack = ConntrackClient.In(Node.Namespace);
        staleFlows = new StaleFlows(conntrack, IPFamily.IPv4, Flows, NullLogger.Instance);
        Backend = NewBackend();
        route = RouteClient.In(Node.Namespace);
        Node.Namespace.Run(() =>
        {
            Sysctl.Write("net.ipv4.ip_forward", "1");
            Sysctl.Write("net.bridge.bridge-nf-call-iptables", bridgeCallsIptables ? "1" : "0");
        });
        route.AddLink(new BridgeSpec { Name = "cni0", Address = MacAddress.Parse("02:00:00:00:00:01"), Up = true });
        route.AddAddress(new AddressSpec { LinkIndex = route.GetLink("cni0").Index, Address = Gateway, PrefixLength = 24 });
        route.AddLink(new VethSpec { Name = "eth0", PeerName = "eth0", PeerNamespace = Outside.Namespace, Up = true });
        route.AddAddress(new AddressSpec { LinkIndex = route.GetLink("eth0").Index, Address = NodeAddress, PrefixLength = 24 });
        SetUp(Outside, 24, NodeAddress);
        route.AddRoute(new RouteSpec { Gateway = Outside.Address });
    }

    public Host Node { get; }

    public Host Outside { get; }

    public NftClient Nft { get; }

    public NftablesBackend Backend { get; private set; }

    /// <summary>UDP flows that were ended.</summary>
    public FlowCounter Flows { get; } = new();

    public IReadOnlyList<Host> Pods => pods;

    public BackendOptions Options => new()
    {
        Family = IPFamily.IPv4,
        LocalDetector = new LocalDetector.Cidr(IPNetwork.Parse("172.20.0.0/16")),
        BridgeWithoutNetfilter = bridgeWithoutNetfilter,
    };

    public NftablesBackend NewBackend() => Backend = new NftablesBackend(Nft, Options);

    public Host AddPod(bool hairpinMode = true)
    {
        var index = pods.Count + 2;
        var pod = new Host($"pod-{index}", new IPAddress([172, 20, 0, (byte)index]));
        pods.Add(pod);
        var bridge = route.GetLink("cni0").Index;
        route.AddLink(new VethSpec { Name = $"veth{index}", PeerName = "eth0", PeerNamespace = pod.Namespace, Master = bridge, Up = true });
        route.SetLink(route.GetLink($"veth{index}").Index, new LinkChange { HairpinMode = hairpinMode });
        SetUp(pod, 24, Gateway);
        return pod;
    }

    /// <summary>A Service with these pods, port 80 to 8080, TCP and UDP.</summary>
    public ProxyReport Serve(string name, string clusterIP, int? nodePort, params IEnumerable<Host> endpoints)
    {
        tracker.Set(Service(name, clusterIP, nodePort));
        tracker.Set(Slice(name, endpoints.Select(p => p.Address.ToString())));
        return Apply();
    }

    public static Service Service(string name, string clusterIP, int? nodePort) => new()
    {
        Metadata = new() { Namespace = "default", Name = name },
        Spec = new()
        {
            Type = nodePort is null ? "ClusterIP" : "NodePort",
            ClusterIP = clusterIP,
            Ports =
            [
                new() { Name = "tcp", Port = 80, Protocol = "TCP", NodePort = nodePort },
                new() { Name = "udp", Port = 80, Protocol = "UDP", NodePort = nodePort },
            ],
        },
    };

    public static EndpointSlice Slice(string service, IEnumerable<string> addresses) => new()
    {
        Metadata = new() { Namespace = "default", Name = service + "-1", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service } },
        AddressType = "IPv4",
        Endpoints = [.. addresses.Select(a => new Endpoint { Addresses = [a], NodeName = "node" })],
        Ports = [new() { Name = "tcp", Port = 8080, Protocol = "TCP" }, new() { Name = "udp", Port = 8080, Protocol = "UDP" }],
    };

    public ProxyReport Apply()
    {
        var update = tracker.Commit();
        var report = Backend.ApplyAsync(update.Change, update.State, default).GetAwaiter().GetResult();
        staleFlows.Note(update.Change, State, update.State);
        State = update.State;
        staleFlows.Idle.GetAwaiter().GetResult();
        return report;
    }

    public ProxyReport Apply(ProxyState state) =>
        Backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, default).GetAwaiter().GetResult();

    public ProxyState State { get; private set; } = ProxyState.Empty;

    public void Dispose()
    {
        Nft.Dispose();
        conntrack.Dispose();
        route.Dispose();
        pods.ForEach(p => p.Dispose());
        Node.Dispose();
        Outside.Dispose();
    }

    private static void SetUp(Host host, int prefixLength, IPAddress? gateway)
    {
        using var inside = RouteClient.In(host.Namespace);
        var link = inside.GetLink("eth0").Index;
        inside.SetLink(link, new LinkChange { Up = true });
        inside.AddAddress(new AddressSpec { LinkIndex = link, Address = host.Address, PrefixLength = prefixLength });
        if (gateway is not null)
            inside.AddRoute(new RouteSpec { Gateway = gateway });
    }
}
