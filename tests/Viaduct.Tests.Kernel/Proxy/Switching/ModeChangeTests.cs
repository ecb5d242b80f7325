using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Switching;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy.Switching;

/// <summary>A node changes its mode while clients go on.</summary>
public class ModeChangeTests
{
    private const ushort EchoPort = 9090;
    private static readonly CaseNetwork network = new(IPFamily.IPv4);
    private static readonly CaseSettings settings = new(CaseDetector.ClusterCidr, MasqueradeAll: false, CaseNodePorts.AllAddresses);

    public static TheoryData<ProxyMode, ProxyMode> Pairs => ModesIn.Pairs;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Clients_that_connect_all_the_time_see_no_failure(ProxyMode former, ProxyMode next)
    {
        using var lab = new CaseLab(network, settings);
        using var backend = Open(lab, former);
        await ApplyAsync(backend, State(CaseEndpoints.Both));
        using var load = new Load(
            (lab[CaseClient.LocalPod], network.Of(CaseTarget.ClusterIP)), (lab[CaseClient.HostProcess], network.Of(CaseTarget.ClusterIP)),
            (lab[CaseClient.Outside], network.Of(CaseTarget.NodePort)), (lab[CaseClient.RemotePod], network.Of(CaseTarget.LoadBalancerIP)));
        await load.MoreAsync(20, Cancellation);
        foreach (var mode in new[] { next, former, next })
        {
            await backend.SwitchAsync(mode, Cancellation);
            await load.MoreAsync(20, Cancellation);
            await ApplyAsync(backend, State(CaseEndpoints.Both, services: 5));
            await load.MoreAsync(5, Cancellation);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Answered} answered");
        Assert.Empty(load.Failures);
        Assert.Equal(next, backend.Mode);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Established_connections_live_on(ProxyMode former, ProxyMode next)
    {
        using var lab = new CaseLab(network, settings);
        using var near = new EchoServer(lab[CaseClient.LocalEndpoint], new(network.LocalEndpoint, EchoPort));
        using var far = new EchoServer(lab.RemoteEndpoint, new(network.RemoteEndpoint, EchoPort));
        var state = network.State(network.Service(TransportProtocol.Tcp) with
        {
            Endpoints = [.. network.Endpoints(CaseEndpoints.Both).Select(e => e with { Target = e.Target with { Port = EchoPort } })],
            HasEndpointsAnywhere = true,
        });
        using var backend = Open(lab, former);
        await ApplyAsync(backend, state);
        // Eight each: both endpoints have some, but for one chance in a hundred.
        var connections = Enumerable.Range(0, 8).SelectMany(_ => new[]
        {
            EchoServer.Connect(lab[CaseClient.LocalPod], network.Of(CaseTarget.ClusterIP)), EchoServer.Connect(lab[CaseClient.Outside], network.Of(CaseTarget.NodePort)),
            EchoServer.Connect(lab[CaseClient.HostProcess], network.Of(CaseTarget.ClusterIP)),
        }).ToList();
        connections.ForEach(c => EchoServer.Say(c, 1));
        await backend.SwitchAsync(next, Cancellation);
        connections.ForEach(c => EchoServer.Say(c, 2));
        await backend.SwitchAsync(former, Cancellation);
        connections.ForEach(c => EchoServer.Say(c, 3));
        connections.ForEach(c => c.Dispose());
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_UDP_client_that_goes_on_is_answered_by_the_new_mode(ProxyMode former, ProxyMode next)
    {
        using var lab = new CaseLab(network, settings);
        using var backend = Open(lab, former);
        using var conntrack = ConntrackClient.In(lab.Node.Namespace);
        var flows = new StaleFlows(conntrack, network.Family, new FlowCounter(), NullLogger.Instance);
        await ApplyAsync(backend, State(CaseEndpoints.Both));
        using var client = lab[CaseClient.LocalPod].OpenUdp(network.ClusterIP, CaseNetwork.Port);
        Host.AskAgain(client);
        await backend.SwitchAsync(next, Cancellation);
        var server = Host.AskAgain(client).Split(' ')[0];
        // And it follows the endpoints: the flow is the new mode's.
        var (other, rest) = server == "local" ? ("remote", CaseEndpoints.Remote) : ("local", CaseEndpoints.Local);
        await ApplyAsync(backend, State(rest));
        flows.NoteAll(State(CaseEndpoints.Both), State(rest));
        await AnsweredByAsync(client, other);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_proxy_that_starts_in_another_mode_takes_over_what_the_last_one_left(ProxyMode former, ProxyMode next)
    {
        using var lab = new CaseLab(network, settings);
        var untouched = Addresses(lab);
        using (var ended = Open(lab, former))
            await ApplyAsync(ended, State(CaseEndpoints.Both));
        using (var backend = Open(lab, next))
        {
            // What the kernel serves by itself goes on until the new rules are there.
            using var load = former == ProxyMode.Userspace ? new Load() : new Load((lab[CaseClient.LocalPod], network.Of(CaseTarget.ClusterIP)));
            await load.MoreAsync(5, Cancellation);
            await ApplyAsync(backend, State(CaseEndpoints.Both));
            await load.MoreAsync(5, Cancellation);
            Assert.Empty(load.Failures);
        }

        new ModesIn(lab.Node.Namespace, settings.Options(network)).Remove(next, former);
        Assert.Equal(untouched, Addresses(lab));
        // iptables leaves its built-in chains, which are empty.
        var rules = Tool.Run(lab.Node.Namespace, "nft", "list ruleset") + Tool.Run(lab.Node.Namespace, "iptables-legacy-save");
        Assert.DoesNotContain("KUBE-", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("viaduct", rules, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_userspace_proxy_goes_when_its_last_connection_has_ended()
    {
        Assert.SkipUnless(ModesIn.CanServe(ProxyMode.Userspace), "userspace mode needs nf_tables of the family ip");
        using var lab = new CaseLab(network, settings);
        using var server = new EchoServer(lab[CaseClient.LocalEndpoint], new(network.LocalEndpoint, CaseNetwork.TargetPort + 1000));
        var untouched = Addresses(lab);
        using var backend = Open(lab, ProxyMode.Userspace);
        await ApplyAsync(backend, network.State(network.Service(TransportProtocol.Tcp) with
        {
            Endpoints = [new(new(PackedAddress.From(network.LocalEndpoint), CaseNetwork.TargetPort + 1000), IsRemote: false)],
            HasEndpointsAnywhere = true,
        }));
        var connection = EchoServer.Connect(lab[CaseClient.LocalPod], network.Of(CaseTarget.ClusterIP));
        EchoServer.Say(connection, 1);
        await backend.SwitchAsync(ProxyMode.Nftables, Cancellation);
        EchoServer.Say(connection, 2);
        Assert.NotEqual(untouched, Addresses(lab));
        connection.Dispose();
        for (var left = 600; Addresses(lab) != untouched && left > 0; left--)
            await Task.Delay(50, Cancellation);
        Assert.Equal(untouched, Addresses(lab));
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public async Task Connections_of_the_node_itself_that_begin_beside_those_of_ipvs_outlive_them(IPFamily family)
    {
        Assert.SkipUnless(ModesIn.CanServe(ProxyMode.Ipvs), "ipvs mode needs IPVS in the kernel");
        var network = new CaseNetwork(family);
        using var lab = new CaseLab(network, settings);
        using var server = new EchoServer(lab[CaseClient.LocalEndpoint], new(network.LocalEndpoint, EchoPort));
        var untouched = Addresses(lab);
        using var backend = new SwitchingBackend(new ModesIn(lab.Node.Namespace, settings.Options(network)), ProxyMode.Ipvs, NullLogger.Instance);
        await ApplyAsync(backend, network.State(network.Service(TransportProtocol.Tcp) with
        {
            Endpoints = [new(new(PackedAddress.From(network.LocalEndpoint), EchoPort), IsRemote: false)],
            HasEndpointsAnywhere = true,
        }));
        var service = network.Of(CaseTarget.ClusterIP);
        var former = EchoServer.Connect(lab[CaseClient.LocalPod], service);
        await backend.SwitchAsync(ProxyMode.Iptables, Cancellation);
        // As one that began just before the change, when kube-ipvs0 had the Service's address.
        var early = EchoServer.Connect(lab[CaseClient.HostProcess], service, from: service.Address);
        using var late = EchoServer.Connect(lab[CaseClient.HostProcess], service);
        EchoServer.Say(former, 1);
        former.Dispose();
        // Longer than it takes to see that none is left.
        for (byte i = 0; i < 30; i++)
        {
            EchoServer.Say(early, i);
            EchoServer.Say(late, i);
            await Task.Delay(100, Cancellation);
        }

        Assert.NotEqual(untouched, Addresses(lab));
        early.Dispose();
        for (var left = 600; Addresses(lab) != untouched && left > 0; left--)
            await Task.Delay(50, Cancellation);
        Assert.Equal(untouched, Addresses(lab));
        EchoServer.Say(late, 31);
    }

    [Fact]
    public async Task A_client_whose_handshake_takes_longer_than_the_change_is_served_by_the_userspace_proxy()
    {
        Assert.SkipUnless(ModesIn.CanServe(ProxyMode.Userspace), "userspace mode needs nf_tables of the family ip");
        using var lab = new CaseLab(network, settings);
        using var backend = Open(lab, ProxyMode.Userspace);
        await ApplyAsync(backend, State(CaseEndpoints.Both));
        // SYNs reach the proxy and its answers get lost: the flow has its translation, and the client asks again after 1 s and 3 s.
        var ns = lab.Node.Namespace;
        Tool.Run(ns, "nft", "add table ip lossy; add chain ip lossy in { type filter hook input priority 0; }; add chain ip lossy out { type filter hook output priority 0; };"
            + "add rule ip lossy in tcp flags syn / syn,ack counter; add rule ip lossy out tcp flags syn,ack / syn,ack drop");
        using var client = lab[CaseClient.LocalPod].OpenTcp(network.ClusterIP.AddressFamily);
        var connecting = client.ConnectAsync(network.Of(CaseTarget.ClusterIP), Cancellation).AsTask();
        await SeenAsync(ns, syns: 1);
        await backend.SwitchAsync(ProxyMode.Nftables, Cancellation);
        await SeenAsync(ns, syns: 2);
        Tool.Run(ns, "nft", "flush chain ip lossy out");
        await connecting;
        client.ReceiveTimeout = 5000;
        Assert.NotEqual(0, client.Receive(new byte[64]));
    }

    private static async Task SeenAsync(NetNamespace ns, int syns)
    {
        while (!Regex.IsMatch(Tool.Run(ns, "nft", "list chain ip lossy in"), $"packets {syns} "))
            await Task.Delay(20, Cancellation);
    }

    private static SwitchingBackend Open(CaseLab lab, ProxyMode mode) => new(new ModesIn(lab.Node.Namespace, settings.Options(network)), mode, NullLogger.Instance);

    private static ProxyState State(CaseEndpoints endpoints, int services = 1) => network.State(
        new[] { TransportProtocol.Tcp, TransportProtocol.Udp }.SelectMany(_ => Enumerable.Range(0, services), (protocol, number) => Service(protocol, number) with
        {
            Endpoints = [.. network.Endpoints(endpoints)],
            HasEndpointsAnywhere = true,
        }));

    private static ServicePortState Service(TransportProtocol protocol, int number) => number == 0 ? network.Service(protocol) : new()
    {
        Name = new("default", $"more-{number}", protocol.Name()),
        ClusterIP = PackedAddress.From(new IPAddress([10, 96, 1, (byte)number])),
        Protocol = protocol,
        Port = CaseNetwork.Port,
    };

    private static async Task ApplyAsync(SwitchingBackend backend, ProxyState state) =>
        await backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys], ServiceCidrsChanged: true), state, Cancellation);

    // UDP flows that lead to an endpoint which left are ended beside the change, so that it waits for nothing.
    private static async Task AnsweredByAsync(Socket client, string server)
    {
        for (var left = 200; TryAsk(client) != server; left--)
        {
            Assert.True(left > 0, $"{server} never answered.");
            await Task.Delay(20, Cancellation);
        }
    }

    // A datagram that comes while its flow is ended may be lost, as datagrams may.
    private static string? TryAsk(Socket client)
    {
        client.Send("who?"u8);
        client.ReceiveTimeout = 200;
        var answer = new byte[64];
        try
        {
            return System.Text.Encoding.UTF8.GetString(answer, 0, client.Receive(answer)).Split(' ')[0];
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
        {
            return null;
        }
    }

    // The kernel gives a link its link-local address some time after it came up.
    private static string Addresses(CaseLab lab)
    {
        using var route = RouteClient.In(lab.Node.Namespace);
        return string.Join('\n', route.ListRoutes(RouteTable.Local).Where(r => !r.Destination.BaseAddress.IsIPv6LinkLocal).Select(r => $"{r.Destination}").Order()) + string.Join('\n', route.ListLinks().Select(l => l.Name).Order()) + string.Join('\n', route.ListAddresses().Where(a => !a.Address.IsIPv6LinkLocal).Select(a => a.ToString()).Order());
    }
}
