using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>
/// The network of <see cref="CaseNetwork"/> in one family: a node with two pods on a bridge, two pods of another node, each behind a link of its own, and a
/// host outside.
/// </summary>
internal sealed class CaseLab : IDisposable
{
    private readonly RouteClient route;
    private readonly ConntrackClient conntrack;
    private readonly NftClient nft;
    private readonly CaseSettings settings;
    private readonly ProxyMode mode;
    private readonly IptablesVariant? iptables;
    private readonly Dictionary<CaseClient, Host> clients;
    private readonly Dictionary<CaseClient, IPAddress> gateways = [];
    private readonly List<IPAddress> nodeAddresses = [];

    public CaseLab(CaseNetwork network, CaseSettings settings, ProxyMode mode = ProxyMode.Nftables, IptablesVariant? iptables = null)
    {
        (this.mode, this.iptables) = (mode, iptables);
        Network = network;
        this.settings = settings;
        Node = NewHost("node", network.Node);
        clients = new()
        {
            [CaseClient.HostProcess] = Node,
            [CaseClient.LocalPod] = NewHost("pod", network.LocalPod),
            [CaseClient.LocalEndpoint] = NewHost("local", network.LocalEndpoint),
            [CaseClient.RemotePod] = NewHost("far", network.RemotePod),
            [CaseClient.Outside] = NewHost("outside", network.Outside),
        };
        RemoteEndpoint = NewHost("remote", network.RemoteEndpoint);
        route = RouteClient.In(Node.Namespace);
        conntrack = ConntrackClient.In(Node.Namespace);
        nft = NftClient.In(Node.Namespace);
        Backend = NewBackend();
        Node.Namespace.Run(SetSysctls);
        // The first packet to an address of the node that is not local yet would be routed on, and what its connection's first packet met stays with it.
        using var watch = Node.Namespace.Run(() => new LocalAddressWatch());
        Connect();
        watch.WaitAsync(nodeAddresses, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20)).GetAwaiter().GetResult();
        Node.Serve(CaseNetwork.NodePort);
        this[CaseClient.LocalEndpoint].Serve(CaseNetwork.TargetPort);
        RemoteEndpoint.Serve(CaseNetwork.TargetPort, RemoteEndpoint.Address);
    }

    public CaseNetwork Network { get; }

    public Host Node { get; }

    public Host RemoteEndpoint { get; }

    public IProxyBackend Backend { get; private set; }

    public NftClient Nft => nft;

    public Host this[CaseClient client] => clients[client];

    /// <summary>As after a restart of the program.</summary>
    public IProxyBackend NewBackend() => Backend = Node.Namespace.Run(() => ProxyBackends.Open(mode, settings.Options(Network) with { Iptables = iptables }, NullLogger.Instance));

    /// <summary>Serves a state after one that had this port.</summary>
    public void Apply(ProxyState state, ServicePortState before) =>
        Backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys.Union(before.Frontends.Select(f => f.Frontend))], ServiceCidrsChanged: true), state, default).GetAwaiter().GetResult();

    public void Apply(ProxyState state) => Backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys], ServiceCidrsChanged: true), state, default).GetAwaiter().GetResult();

    /// <summary>Connects as a case says until the result is certain.</summary>
    public (CaseResult Result, bool? Masqueraded) Try(ServiceCase given)
    {
        var target = Network.Of(given.Target);
        if (given.Result == CaseResult.Dropped || (given.Result == CaseResult.Untouched && !IsOfNode(target.Address)))
            return (WithoutAnswer(given.Client, target), null);
        try
        {
            return Summary(given, Ask(this[given.Client], target, given.Result == CaseResult.Both));
        }
        catch (Exception e) when (e.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return (CaseResult.Refused, null);
        }
        catch (Exception e) when (e is TimeoutException or SocketException)
        {
            return (CaseResult.Dropped, null);
        }
    }

    public void Dispose()
    {
        Backend.Dispose();
        nft.Dispose();
        conntrack.Dispose();
        route.Dispose();
        RemoteEndpoint.Dispose();
        foreach (var host in clients.Values)
            host.Dispose();
    }

    // Chance decides who answers: until both did, or often enough to believe that only one does.
    private static List<string> Ask(Host client, IPEndPoint target, bool untilBoth)
    {
        var answers = new List<string>();
        while (answers.Count < (untilBoth ? 64 : 8) && !(untilBoth && answers.DistinctBy(a => a.Split(' ')[0]).Count() > 1))
            answers.Add(client.AskTcp(target.Address, target.Port));
        return answers;
    }

    private (CaseResult Result, bool? Masqueraded) Summary(ServiceCase given, List<string> answers)
    {
        var names = answers.Select(a => a.Split(' ')[0]).ToHashSet();
        if (names.SetEquals(["node"]))
            return (CaseResult.Untouched, null);
        var seen = answers.Select(a => IPAddress.Parse(a.Split(' ')[1])).ToHashSet();
        var isKept = seen.Contains(Network.Of(given.Client));
        Assert.True(!isKept || seen.Count == 1, $"{given}: the endpoints saw {string.Join(" and ", seen)}");
        var result = names.SetEquals(["local", "remote"]) ? CaseResult.Both : names.SetEquals(["local"]) ? CaseResult.Local : CaseResult.Remote;
        return (result, !isKept);
    }

    private bool IsOfNode(IPAddress address) => IPAddress.IsLoopback(address) || address.Equals(Network.Node) || address.Equals(Network.SecondNodeAddress);

    // Without waiting for what does not come: when the answer to a later question is there, that to an earlier one would be, too; and a packet that went
    // on is tracked.
    private CaseResult WithoutAnswer(CaseClient client, IPEndPoint target)
    {
        using var socket = this[client].OpenUdp(target.Address, target.Port);
        try
        {
            socket.Send("who?"u8);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied && client == CaseClient.HostProcess)
        {
            return CaseResult.Dropped;
        }

        if (client != CaseClient.HostProcess)
            this[client].AskTcp(gateways[client], CaseNetwork.NodePort + 1);
        if (socket.Poll(0, SelectMode.SelectRead))
            return IsRefused(socket) ? CaseResult.Refused : CaseResult.Untouched;
        var source = (IPEndPoint)socket.LocalEndPoint!;
        var filter = new ConntrackFilter(target.AddressFamily, 17) { OriginalDestination = target.Address, OriginalDestinationPort = (ushort)target.Port };
        return conntrack.List(filter).Any(f => f.Original.Source.Equals(source)) ? CaseResult.Untouched : CaseResult.Dropped;
    }

    private static bool IsRefused(Socket socket)
    {
        try
        {
            socket.Receive(new byte[256]);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    private static Host NewHost(string name, IPAddress address)
    {
        var host = new Host(name, address);
        // A node asks for its neighbours with its link-local address; while that is still checked for duplicates (up to two seconds) it does not ask at all,
        // and a packet that it forwards is given up after three (ndisc_solicit, net/ipv6/ndisc.c).
        host.Namespace.Run(() => Sysctl.Write("net.ipv6.conf.default.accept_dad", "0"));
        using var inside = RouteClient.In(host.Namespace);
        inside.SetLink(inside.GetLink("lo").Index, new LinkChange { Up = true });
        return host;
    }

    private static void SetSysctls()
    {
        foreach (var (name, value) in new[]
        {
            ("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1"), ("net.ipv4.conf.all.rp_filter", "0"), ("net.ipv4.conf.default.rp_filter", "0"),
            ("net.bridge.bridge-nf-call-iptables", "1"), ("net.bridge.bridge-nf-call-ip6tables", "1"),
        })
            Sysctl.Write(name, value);
    }

    private void Connect()
    {
        var prefix = Network.NodeCidr.PrefixLength;
        route.AddLink(new BridgeSpec { Name = CaseNetwork.BridgeName, Address = MacAddress.Parse("02:00:00:00:00:01"), Up = true });
        AddAddress(CaseNetwork.BridgeName, Network.Bridge, prefix);
        ConnectPod(CaseClient.LocalPod, "veth2", prefix);
        ConnectPod(CaseClient.LocalEndpoint, "veth3", prefix);

        AddLink(CaseNetwork.UplinkName, this[CaseClient.Outside], null);
        AddAddress(CaseNetwork.UplinkName, Network.Node, prefix);
        AddAddress(CaseNetwork.UplinkName, Network.SecondNodeAddress, prefix);
        SetUp(this[CaseClient.Outside], Network.Outside, prefix, Network.Node);
        gateways[CaseClient.Outside] = Network.Node;
        route.AddRoute(new RouteSpec { Destination = Everywhere, Gateway = Network.Outside, Source = Network.Node });

        gateways[CaseClient.RemotePod] = ConnectFar(this[CaseClient.RemotePod], CaseNetwork.RemotePodName, 0);
        ConnectFar(RemoteEndpoint, CaseNetwork.RemoteEndpointName, 1);
        Node.Serve(CaseNetwork.NodePort + 1);
    }

    private IPNetwork Everywhere => new(Network.Family == IPFamily.IPv4 ? IPAddress.Any : IPAddress.IPv6Any, 0);

    private void ConnectPod(CaseClient client, string link, int prefix)
    {
        AddLink(link, this[client], route.GetLink(CaseNetwork.BridgeName).Index);
        route.SetLink(route.GetLink(link).Index, new LinkChange { HairpinMode = true });
        SetUp(this[client], this[client].Address, prefix, Network.Bridge);
        gateways[client] = Network.Bridge;
    }

    // A pod of another node: its address is routed through a link with addresses of its own.
    private IPAddress ConnectFar(Host host, string link, int number)
    {
        AddLink(link, host, null);
        var (near, far) = Network.Family == IPFamily.IPv4
            ? (IPAddress.Parse($"10.200.{number}.1"), IPAddress.Parse($"10.200.{number}.2"))
            : (IPAddress.Parse($"fd00:200:0:{number}::1"), IPAddress.Parse($"fd00:200:0:{number}::2"));
        AddAddress(link, near, Network.NodeCidr.PrefixLength);
        using var inside = RouteClient.In(host.Namespace);
        var index = inside.GetLink("eth0").Index;
        inside.SetLink(index, new LinkChange { Up = true });
        inside.AddAddress(new AddressSpec { LinkIndex = index, Address = host.Address, PrefixLength = Network.Bits, SkipsDuplicateDetection = true });
        inside.AddAddress(new AddressSpec { LinkIndex = index, Address = far, PrefixLength = Network.NodeCidr.PrefixLength, SkipsDuplicateDetection = true });
        inside.AddRoute(new RouteSpec { Destination = Everywhere, Gateway = near, Source = host.Address });
        route.AddRoute(new RouteSpec { Destination = new IPNetwork(host.Address, Network.Bits), Gateway = far });
        return near;
    }

    private void AddLink(string name, Host peer, int? master) =>
        route.AddLink(new VethSpec { Name = name, PeerName = "eth0", PeerNamespace = peer.Namespace, Master = master, Up = true });

    private void AddAddress(string link, IPAddress address, int prefix)
    {
        route.AddAddress(new AddressSpec { LinkIndex = route.GetLink(link).Index, Address = address, PrefixLength = prefix, SkipsDuplicateDetection = true });
        nodeAddresses.Add(address);
    }

    private void SetUp(Host host, IPAddress address, int prefix, IPAddress gateway)
    {
        using var inside = RouteClient.In(host.Namespace);
        var index = inside.GetLink("eth0").Index;
        inside.SetLink(index, new LinkChange { Up = true });
        inside.AddAddress(new AddressSpec { LinkIndex = index, Address = address, PrefixLength = prefix, SkipsDuplicateDetection = true });
        inside.AddRoute(new RouteSpec { Destination = Everywhere, Gateway = gateway });
    }
}
