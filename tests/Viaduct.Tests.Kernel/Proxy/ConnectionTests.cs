using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Kernel.Proxy.Switching;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What is not a matter of who connects to what: connections that last, ports that differ, the node's loopback address.</summary>
public class ConnectionTests
{
    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void An_established_connection_lives_on_when_new_ones_are_refused_or_dropped(IPFamily family)
    {
        using var lab = Lab(family);
        var network = lab.Network;
        using var server = new EchoServer(lab[CaseClient.LocalEndpoint], new IPEndPoint(network.LocalEndpoint, 7));
        var port = network.Service(TransportProtocol.Tcp) with { Endpoints = [new(new(PackedAddress.From(network.LocalEndpoint), 7), IsRemote: false)], HasEndpointsAnywhere = true };
        lab.Apply(network.State(port));
        Socket[] connections =
        [
            EchoServer.Connect(lab[CaseClient.LocalPod], network.Of(CaseTarget.ClusterIP)), EchoServer.Connect(lab[CaseClient.HostProcess], network.Of(CaseTarget.ClusterIP)),
            EchoServer.Connect(lab[CaseClient.Outside], network.Of(CaseTarget.NodePort)), EchoServer.Connect(lab[CaseClient.Outside], network.Of(CaseTarget.LoadBalancerIP)),
        ];
        ProxyState[] states =
        [
            network.State(port with { Endpoints = [], HasEndpointsAnywhere = false }),
            network.State(port with { Endpoints = [], InternalLocal = true, ExternalLocal = true }),
            network.State(port with { SourceRanges = [IPNetwork.Parse(family == IPFamily.IPv4 ? "192.0.2.0/24" : "2001:db8:bad::/64")] }),
            network.State(),
        ];
        var before = port;
        foreach (var state in states)
        {
            lab.Apply(state, before);
            Assert.All(connections, c => EchoServer.Say(c, 42));
        }

        Array.ForEach(connections, c => c.Dispose());
    }

    [Fact]
    public void Endpoints_whose_named_port_has_other_numbers_are_reached_each_on_its_own()
    {
        using var lab = Lab(IPFamily.IPv4);
        var network = lab.Network;
        lab.RemoteEndpoint.Serve(9090);
        lab.Apply(network.State(network.Service(TransportProtocol.Tcp) with
        {
            Endpoints = [new(new(PackedAddress.From(network.LocalEndpoint), CaseNetwork.TargetPort), false), new(new(PackedAddress.From(network.RemoteEndpoint), 9090), true)],
            HasEndpointsAnywhere = true,
        }));
        // Both within 64 answers, but once in 2^63 runs.
        Assert.Equal(["local", "remote"], Enumerable.Range(0, 64).Select(_ => lab[CaseClient.LocalPod].AskTcp(network.ClusterIP, CaseNetwork.Port).Split(' ')[0]).Distinct().Order());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.5.6.7")]
    public void Node_ports_do_not_take_loopback_addresses_from_the_programs_of_the_node(string address)
    {
        using var lab = Lab(IPFamily.IPv4);
        lab.Apply(lab.Network.State(lab.Network.Service(TransportProtocol.Tcp) with { Endpoints = [.. lab.Network.Endpoints(CaseEndpoints.Both)], HasEndpointsAnywhere = true }));
        Assert.StartsWith("node ", lab.Node.AskTcp(IPAddress.Parse(address), CaseNetwork.NodePort), StringComparison.Ordinal);
    }

    // Node ports on the loopback address need route_localnet, with which a neighbour could send to that address.
    [Fact]
    public void While_node_ports_are_open_on_the_loopback_address_no_neighbour_reaches_it()
    {
        using var lab = Lab(IPFamily.IPv4, CaseNodePorts.Loopback);
        lab.Apply(lab.Network.State());
        var outside = lab[CaseClient.Outside];
        outside.Namespace.Run(() =>
        {
            Sysctl.Write("net.ipv4.conf.all.route_localnet", "1");
            Sysctl.Write("net.ipv4.conf.all.rp_filter", "0");
            Sysctl.Write("net.ipv4.conf.eth0.rp_filter", "0");
        });
        Tool.Run(outside.Namespace, "ip", "address", "delete", "127.0.0.1/8", "dev", "lo");
        Tool.Run(outside.Namespace, "ip", "route", "add", "127.0.0.2/32", "via", lab.Network.Node.ToString(), "src", outside.Address.ToString());
        lab.Node.Serve(4000, IPAddress.Parse("127.0.0.2"));
        using var socket = outside.OpenUdp(IPAddress.Parse("127.0.0.2"), 4000);
        socket.Send("who?"u8);
        // When the answer to a later question is there, that to an earlier one would be, too.
        outside.AskTcp(lab.Network.Node, 4000);
        Assert.False(socket.Poll(0, SelectMode.SelectRead));

        Tool.Run(lab.Node.Namespace, "nft", "flush chain ip viaduct loopback-guard");
        Assert.StartsWith("node ", Host.AskAgain(socket), StringComparison.Ordinal);
    }

    private static CaseLab Lab(IPFamily family, CaseNodePorts nodePorts = CaseNodePorts.AllAddresses) =>
        new(new CaseNetwork(family), new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, nodePorts));
}
