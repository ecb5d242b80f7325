using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Tests.Node.Routing;

public class PeerPlannerTests
{
    private const int Eth0 = 2, Vxlan = 9;
    private static readonly MacAddress s_mac = MacAddress.Parse("0a:58:0a:00:00:02");

    [Fact]
    public void A_neighbour_s_pods_are_behind_its_address()
    {
        var entries = PeerPlanner.Plan(Peer("192.168.0.4", "172.20.1.0/24"), Here(RouteBackend.HostGw));
        Assert.Equal([new PodRoute(IPNetwork.Parse("172.20.1.0/24"), IPAddress.Parse("192.168.0.4"), Eth0)], entries.Routes);
        Assert.Empty(entries.Tunnels);
    }

    [Fact]
    public void Host_gw_leaves_nodes_of_other_networks_to_the_router()
    {
        var entries = PeerPlanner.Plan(Peer("192.168.64.4", "172.20.1.0/24"), Here(RouteBackend.HostGw) with { Gateways = [IPAddress.Parse("192.168.0.1")] });
        Assert.Equal((0, null), (entries.Routes.Count, entries.Problem));
    }

    [Fact]
    public void Host_gw_without_a_router_names_the_node_that_it_cannot_reach_and_what_to_do() => Assert.Equal(
        "Node node-2 (192.168.64.4) is on no network of this node, so host-gw cannot reach its pods 172.20.1.0/24; use the backend vxlan or auto.",
        PeerPlanner.Plan(Peer("192.168.64.4", "172.20.1.0/24"), Here(RouteBackend.HostGw)).Problem);

    [Theory]
    [InlineData(RouteBackend.Vxlan, "192.168.0.4", true)]
    [InlineData(RouteBackend.Vxlan, "192.168.64.4", true)]
    [InlineData(RouteBackend.Auto, "192.168.0.4", false)]
    [InlineData(RouteBackend.Auto, "192.168.64.4", true)]
    public void A_tunnel_is_taken_always_or_only_out_of_the_own_network(RouteBackend backend, string address, bool tunnelled)
    {
        var entries = PeerPlanner.Plan(Peer(address, "172.20.1.0/24"), Here(backend));
        Assert.Equal(tunnelled ? Vxlan : Eth0, Assert.Single(entries.Routes).LinkIndex);
        Assert.Equal(tunnelled ? 1 : 0, entries.Tunnels.Count);
    }

    [Fact]
    public void Both_families_of_pods_share_one_tunnel()
    {
        var entries = PeerPlanner.Plan(Peer("192.168.64.4,fd00:c0a8:0:b::4", "172.20.1.0/24,fd00:ac14:0:1::/64"), Here(RouteBackend.Vxlan));
        Assert.Equal(
            [("172.20.1.0/24", "172.20.1.0", true), ("fd00:ac14:0:1::/64", s_mac.ToLinkLocal().ToString(), false)],
            entries.Routes.Select(r => (r.Destination.ToString(), r.Gateway.ToString(), r.OnLink)));
        Assert.Equal(["172.20.1.0", s_mac.ToLinkLocal().ToString()], entries.Neighbors.Select(n => n.Address.ToString()));
        Assert.Equal([new FdbEntry(Vxlan, s_mac, IPAddress.Parse("192.168.64.4"))], entries.Tunnels);
    }

    [Fact]
    public void A_node_that_has_not_said_where_its_tunnel_ends_is_waited_for() =>
        Assert.Equal((0, null), Summary(PeerPlanner.Plan(Peer("192.168.0.4", "172.20.1.0/24") with { Vtep = null }, Here(RouteBackend.Vxlan))));

    [Fact]
    public void A_node_without_address_of_the_tunnels_family_is_named() => Assert.Equal(
        "Node node-2 has no IPv4 address, which the tunnels of this node need; give it one, or use the other family on all nodes.",
        PeerPlanner.Plan(Peer("fd00::4", "172.20.1.0/24"), Here(RouteBackend.Vxlan)).Problem);

    [Theory]
    [InlineData("", "172.20.1.0/24")]
    [InlineData("192.168.0.4", "")]
    public void A_node_without_address_or_block_needs_nothing(string address, string block) =>
        Assert.Equal((0, null), Summary(PeerPlanner.Plan(Peer(address, block), Here(RouteBackend.Auto))));

    [Fact]
    public void The_vpc_s_router_needs_no_help() =>
        Assert.Equal((0, null), Summary(PeerPlanner.Plan(Peer("192.168.0.4", "172.20.1.0/24"), Here(RouteBackend.Vpc))));

    private static (int Routes, string? Problem) Summary(PeerEntries entries) => (entries.Routes.Count, entries.Problem);

    private static RoutePosition Here(RouteBackend backend) => new()
    {
        Backend = backend,
        OnLink = [new(IPNetwork.Parse("192.168.0.0/19"), Eth0), new(IPNetwork.Parse("fd00:c0a8:0:a::/64"), Eth0)],
        Tunnel = backend.HasTunnel() ? new TunnelEnd(Vxlan, AddressFamily.InterNetwork) : null,
    };

    private static PeerNode Peer(string addresses, string blocks) => new("node-2", [.. Split(addresses).Select(IPAddress.Parse)], [.. Split(blocks).Select(IPNetwork.Parse)], s_mac);

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
