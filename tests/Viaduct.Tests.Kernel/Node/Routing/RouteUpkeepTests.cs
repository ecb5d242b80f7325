using System.Net;
using Viaduct.Kube.Api;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>What the agent does about its routes and tunnels while the cluster, the kernel and other programs change. node-1 and node-2 are in zone a, node-3 is in b.</summary>
public class RouteUpkeepTests : IAsyncLifetime
{
    private const byte Static = 4;
    private static readonly MacAddress s_mac2 = MacAddress.Parse("0a:58:00:00:00:02"), s_mac3 = MacAddress.Parse("0a:58:00:00:00:03"), s_mac4 = MacAddress.Parse("0a:58:00:00:00:04");
    private RoutingLab _lab = null!;
    private RoutingNode _node = null!;

    public async ValueTask InitializeAsync() => _lab = new RoutingLab(await StartApiAsync());

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
            await _lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected virtual Task<IKubeApi> StartApiAsync() => Task.FromResult<IKubeApi>(new FakeKubeApi());

    [Fact]
    public async Task Host_gw_has_routes_through_node_addresses_of_its_network()
    {
        await StartAsync(RouteBackend.HostGw);
        await _node.RoutesAsync("172.20.2.0/24 via 192.168.0.4 eth0", "fd00:ac14:0:2::/64 via fd00:c0a8:0:a::4 eth0");
        Assert.Null(_node.Tunnel);
    }

    [Fact]
    public async Task Vxlan_has_a_route_a_neighbour_and_a_forwarding_entry_for_each_node()
    {
        await StartAsync(RouteBackend.Vxlan);
        await _node.RoutesAsync(s_tunnelled);
        await Eventually.True(() => _node.TunnelEntries().SequenceEqual(s_entries), "the tunnel's entries are not there");
        Assert.Equal(("vxlan", 1450), (_node.Tunnel!.Kind, _node.Tunnel.Mtu));
    }

    [Fact]
    public async Task Auto_tunnels_only_to_the_other_network()
    {
        await StartAsync(RouteBackend.Auto);
        await _node.RoutesAsync(
            "172.20.2.0/24 via 192.168.0.4 eth0", "172.20.3.0/24 via 172.20.3.0 vxlan1",
            "fd00:ac14:0:2::/64 via fd00:c0a8:0:a::4 eth0", $"fd00:ac14:0:3::/64 via {s_mac3.ToLinkLocal()} vxlan1");
        Assert.Equal(Sorted($"{s_mac3} dst 192.168.64.5", $"172.20.3.0 lladdr {s_mac3}", $"{s_mac3.ToLinkLocal()} lladdr {s_mac3}"), _node.TunnelEntries());
    }

    [Fact]
    public async Task Vpc_leaves_everything_to_the_router()
    {
        await StartAsync(RouteBackend.Vpc);
        await Eventually.True(() => _node.Network!.Mtu == 1500, "the agent has not looked at the network yet");
        Assert.Empty(_node.Routes());
    }

    [Theory]
    [InlineData(RouteBackend.HostGw)]
    [InlineData(RouteBackend.Vxlan)]
    [InlineData(RouteBackend.Auto)]
    public async Task After_a_downtime_its_routes_are_exact_and_those_of_others_untouched(RouteBackend backend)
    {
        await StartAsync(backend);
        await Eventually.True(() => _node.Routes().Count >= 2, "no routes");
        await _node.StopAsync();

        await _lab.DeleteAsync(2);
        await _lab.RegisterAsync(4, "a", s_mac4);
        await _lab.SetBlocksAsync(3, IPNetwork.Parse("172.20.33.0/24"));
        AddForeign("10.9.0.0/16", null);
        AddForeign("172.20.4.0/24", 100); // somebody's own way to the pods of a node, by another metric
        var foreign = _node.RoutesOf(Static);

        _node.Start();
        string[] near = backend == RouteBackend.Vxlan
            ? ["172.20.4.0/24 via 172.20.4.0 vxlan1", $"fd00:ac14:0:4::/64 via {s_mac4.ToLinkLocal()} vxlan1"]
            : ["172.20.4.0/24 via 192.168.0.6 eth0", "fd00:ac14:0:4::/64 via fd00:c0a8:0:a::6 eth0"];
        string[] far = backend == RouteBackend.HostGw ? [] : ["172.20.33.0/24 via 172.20.33.0 vxlan1"];
        await _node.RoutesAsync([.. near, .. far]);
        Assert.Equal(foreign, _node.RoutesOf(Static));
        string[] nearEntries = backend == RouteBackend.Vxlan ? [$"{s_mac4} dst 192.168.0.6", $"172.20.4.0 lladdr {s_mac4}", $"{s_mac4.ToLinkLocal()} lladdr {s_mac4}"] : [];
        string[] farEntries = backend == RouteBackend.HostGw ? [] : [$"{s_mac3} dst 192.168.64.5", $"172.20.33.0 lladdr {s_mac3}"];
        Assert.Equal(Sorted([.. nearEntries, .. farEntries]), _node.TunnelEntries());
    }

    [Fact]
    public async Task Another_backend_after_a_restart_leaves_nothing_of_the_one_before()
    {
        await StartAsync(RouteBackend.Vxlan);
        await _node.RoutesAsync(s_tunnelled);
        await _node.StopAsync();
        _node.Start(RouteBackend.HostGw);
        await _node.RoutesAsync("172.20.2.0/24 via 192.168.0.4 eth0", "fd00:ac14:0:2::/64 via fd00:c0a8:0:a::4 eth0");
        Assert.Null(_node.Tunnel);
    }

    [Fact]
    public async Task When_the_link_below_was_down_the_routes_are_back()
    {
        await StartAsync(RouteBackend.HostGw);
        await _node.RoutesAsync(s_direct);
        _node.SetUnderlay(new LinkChange { Up = false });
        await _node.RoutesAsync();
        _node.SetUnderlay(new LinkChange { Up = true });
        await _node.RoutesAsync(s_direct);
    }

    [Theory]
    [InlineData(RouteBackend.HostGw)]
    [InlineData(RouteBackend.Vxlan)]
    public async Task What_somebody_flushes_is_back(RouteBackend backend)
    {
        await StartAsync(backend);
        var wanted = backend == RouteBackend.Vxlan ? s_tunnelled : s_direct;
        await _node.RoutesAsync(wanted);
        foreach (var route in _node.Route.ListRoutes().Where(r => r.Protocol == PodRoute.DefaultProtocol))
            _node.Route.DeleteRoute(new RouteSpec { Destination = route.Destination, Protocol = route.Protocol });
        if (_node.Tunnel is { } tunnel)
        {
            _node.Route.ListFdbEntries(tunnel.Index).ToList().ForEach(_node.Route.DeleteFdbEntry);
            foreach (var neighbor in _node.Route.ListNeighbors(tunnel.Index).Where(n => n.IsPermanent))
                _node.Route.DeleteNeighbor(tunnel.Index, neighbor.Address);
        }
        await _node.RoutesAsync(wanted);
        await Eventually.True(() => _node.TunnelEntries().SequenceEqual(backend == RouteBackend.Vxlan ? s_entries : []), "the tunnel's entries are not back");
    }

    [Fact]
    public async Task What_somebody_changes_is_set_right()
    {
        await StartAsync(RouteBackend.Vxlan);
        await _node.RoutesAsync(s_tunnelled);
        var tunnel = _node.Tunnel!.Index;
        _node.Route.ReplaceRoute(new RouteSpec { Destination = IPNetwork.Parse("172.20.2.0/24"), Gateway = RoutingLab.Gateways("a")[0], LinkIndex = _node.Underlay });
        _node.Route.ReplaceFdbEntry(new FdbEntry(tunnel, s_mac3, IPAddress.Parse("192.168.64.99")));
        _node.Route.ReplaceNeighbor(new NeighborSpec { LinkIndex = tunnel, Address = IPAddress.Parse("172.20.2.0"), LinkAddress = s_mac4 });
        // A route in our name that nobody asked for is a stale one.
        _node.Route.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("172.20.99.0/24"), Gateway = RoutingLab.Gateways("a")[0], LinkIndex = _node.Underlay, Protocol = PodRoute.DefaultProtocol });
        await _node.RoutesAsync(s_tunnelled);
        await Eventually.True(() => _node.TunnelEntries().SequenceEqual(s_entries), "the tunnel's entries are not set right");
        Assert.DoesNotContain(_node.RoutesOf(Static), r => r.StartsWith("172.20.2.0/24", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tunnel_that_somebody_deletes_is_back_with_the_same_hardware_address()
    {
        await StartAsync(RouteBackend.Vxlan);
        await _node.RoutesAsync(s_tunnelled);
        var before = _node.Tunnel!;
        _node.Route.DeleteLink(before.Index);
        await _node.RoutesAsync(s_tunnelled);
        await Eventually.True(() => _node.TunnelEntries().SequenceEqual(s_entries), "the tunnel's entries are not back");
        Assert.Equal((before.Address, before.Mtu, true), (_node.Tunnel!.Address, _node.Tunnel.Mtu, _node.Tunnel.IsUp));
    }

    [Theory]
    [InlineData(RouteBackend.HostGw, 9000)]
    [InlineData(RouteBackend.Vxlan, 8950)]
    public async Task A_changed_MTU_of_the_link_below_is_followed(RouteBackend backend, int mtu)
    {
        await StartAsync(backend);
        await Eventually.True(() => _node.Network!.Mtu is not null, "no MTU");
        _node.SetUnderlay(new LinkChange { Mtu = 9000 });
        await Eventually.True(() => _node.Network!.Mtu == mtu && (_node.Tunnel?.Mtu ?? mtu) == mtu, $"the MTU is {_node.Network!.Mtu}, the tunnel's {_node.Tunnel?.Mtu}");
    }

    [Fact]
    public async Task A_changed_Pod_CIDR_of_another_node_is_followed()
    {
        await StartAsync(RouteBackend.HostGw);
        await _node.RoutesAsync(s_direct);
        await _lab.SetBlocksAsync(2, IPNetwork.Parse("172.20.22.0/24"));
        await _node.RoutesAsync("172.20.22.0/24 via 192.168.0.4 eth0");
    }

    [Fact]
    public async Task A_changed_address_of_another_node_is_followed()
    {
        await StartAsync(RouteBackend.Auto);
        await Eventually.True(() => _node.Routes().Count == 4, "no routes");
        // It moved to the other network: what was direct goes through the tunnel now.
        await _lab.SetAddressesAsync(2, RoutingLab.Addresses("b", 44));
        await _node.RoutesAsync(s_tunnelled);
        await Eventually.True(() => _node.TunnelEntries().Contains($"{s_mac2} dst 192.168.64.44"), "the tunnel does not lead to the new address");
    }

    // An IPv6 next hop inside of the peer's block would be refused: a route to it leads elsewhere (ip6_route_check_nh_onlink).
    [Fact]
    public async Task A_wider_route_of_somebody_else_does_not_keep_the_tunnel_s_routes_away()
    {
        await StartAsync(RouteBackend.HostGw);
        await _node.RoutesAsync(s_direct);
        await _node.StopAsync();
        AddForeign("172.20.0.0/16", null);
        _node.Route.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("fd00:ac14::/32"), Gateway = RoutingLab.Gateways("a")[1], LinkIndex = _node.Underlay, Protocol = Static });
        _node.Start(RouteBackend.Vxlan);
        await _node.RoutesAsync(s_tunnelled);
    }

    [Fact]
    public async Task A_changed_address_of_the_own_node_is_followed()
    {
        await StartAsync(RouteBackend.Vxlan);
        await _node.RoutesAsync(s_tunnelled);
        RoutingLab.Assign(_node.Route, "eth0", IPAddress.Parse("192.168.0.77"), 19);
        await _lab.SetAddressesAsync(1, IPAddress.Parse("192.168.0.77"));
        await Eventually.True(() => _node.Tunnel?.Vxlan?.Local?.ToString() == "192.168.0.77", "the tunnel begins at the old address");
        await _node.RoutesAsync(s_tunnelled);
    }

    [Fact]
    public async Task Two_nodes_with_one_Pod_CIDR_do_not_fight_and_the_second_gets_it_when_the_first_goes()
    {
        await StartAsync(RouteBackend.HostGw);
        await _lab.RegisterAsync(4, "a", s_mac4);
        await _lab.SetBlocksAsync(4, RoutingLab.Blocks(2));
        await _node.RoutesAsync(s_direct);
        await _lab.DeleteAsync(2);
        await _node.RoutesAsync("172.20.2.0/24 via 192.168.0.6 eth0", "fd00:ac14:0:2::/64 via fd00:c0a8:0:a::6 eth0");
    }

    private static readonly string[] s_direct = ["172.20.2.0/24 via 192.168.0.4 eth0", "fd00:ac14:0:2::/64 via fd00:c0a8:0:a::4 eth0"];

    private static readonly string[] s_tunnelled =
    [
        "172.20.2.0/24 via 172.20.2.0 vxlan1", "172.20.3.0/24 via 172.20.3.0 vxlan1",
        $"fd00:ac14:0:2::/64 via {s_mac2.ToLinkLocal()} vxlan1", $"fd00:ac14:0:3::/64 via {s_mac3.ToLinkLocal()} vxlan1",
    ];

    private static readonly string[] s_entries = Sorted(
        $"{s_mac2} dst 192.168.0.4", $"{s_mac3} dst 192.168.64.5",
        $"172.20.2.0 lladdr {s_mac2}", $"172.20.3.0 lladdr {s_mac3}", $"{s_mac2.ToLinkLocal()} lladdr {s_mac2}", $"{s_mac3.ToLinkLocal()} lladdr {s_mac3}");

    private static string[] Sorted(params string[] entries) => [.. entries.Order(StringComparer.Ordinal)];

    private async Task StartAsync(RouteBackend backend)
    {
        await _lab.RegisterAsync(2, "a", s_mac2);
        await _lab.RegisterAsync(3, "b", s_mac3);
        _node = await _lab.AddAsync(1, "a", backend);
        _node.Start();
    }

    private void AddForeign(string destination, uint? metric) => _node.Route.AddRoute(new RouteSpec
    {
        Destination = IPNetwork.Parse(destination), Gateway = RoutingLab.Gateways("a")[0], LinkIndex = _node.Underlay, Metric = metric, Protocol = Static,
    });
}
