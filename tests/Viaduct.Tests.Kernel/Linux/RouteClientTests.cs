using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Tests.Kernel.Linux;

public sealed class RouteClientTests : IDisposable
{
    private readonly NetNamespace _ns = NetNamespace.Create();
    private readonly RouteClient _route;

    public RouteClientTests() => _route = RouteClient.In(_ns);

    public void Dispose()
    {
        _route.Dispose();
        _ns.Dispose();
    }

    [Fact]
    public void A_bridge_has_the_name_address_and_mtu_it_was_given()
    {
        var mac = MacAddress.Parse("0a:58:0a:00:00:01");
        _route.AddLink(new BridgeSpec { Name = "br0", Address = mac, Mtu = 1400, Up = true });
        var link = _route.GetLink("br0");
        Assert.Equal(("bridge", mac, 1400, true), (link.Kind, link.Address!.Value, link.Mtu, link.IsUp));
        Assert.Equal(2, _route.ListLinks().Count);
    }

    [Fact]
    public void A_veth_is_made_with_its_peer_in_another_namespace_in_one_step()
    {
        using var pod = NetNamespace.Create();
        using var inPod = RouteClient.In(pod);
        var mac = MacAddress.Random();
        _route.AddLink(new BridgeSpec { Name = "br0", Up = true });
        var bridge = _route.GetLink("br0");
        _route.AddLink(new VethSpec
        {
            Name = "veth1", PeerName = "eth0", PeerNamespace = pod, PeerAddress = mac, Mtu = 1420, Master = bridge.Index, Up = true,
        });
        var host = _route.GetLink("veth1");
        inPod.SetLink(inPod.GetLink("eth0").Index, new LinkChange { Up = true });
        var peer = inPod.GetLink("eth0");
        Assert.Equal(("veth", 1420, bridge.Index, peer.Index), (host.Kind, host.Mtu, host.Master!.Value, host.LinkIndex!.Value));
        Assert.Equal((mac, 1420, true, true), (peer.Address!.Value, peer.Mtu, peer.IsUp, peer.IsRunning));
        Assert.Null(_route.FindLink("eth0"));
    }

    [Fact]
    public void A_bridge_port_gets_hairpin_mode_and_leaves_its_bridge()
    {
        _route.AddLink(new BridgeSpec { Name = "br0" });
        _route.AddLink(new VethSpec { Name = "a", PeerName = "b", Master = _route.GetLink("br0").Index });
        var port = _route.GetLink("a");
        Assert.False(port.HairpinMode);
        _route.SetLink(port.Index, new LinkChange { HairpinMode = true });
        Assert.True(_route.GetLink("a").HairpinMode);
        _route.SetLink(port.Index, new LinkChange { Master = 0 });
        Assert.Null(_route.GetLink("a").Master);
    }

    [Fact]
    public void A_link_is_renamed_readdressed_moved_and_deleted()
    {
        using var other = NetNamespace.Create();
        using var inOther = RouteClient.In(other);
        _route.AddLink(new VethSpec { Name = "a", PeerName = "b" });
        var mac = MacAddress.Parse("02:00:00:00:00:aa");
        _route.SetLink(_route.GetLink("a").Index, new LinkChange { Name = "c", Address = mac, Mtu = 1300 });
        var renamed = _route.GetLink("c");
        Assert.Equal((mac, 1300), (renamed.Address!.Value, renamed.Mtu));
        _route.SetLink(renamed.Index, new LinkChange { Namespace = other });
        Assert.Null(_route.FindLink("c"));
        inOther.DeleteLink(inOther.GetLink("c").Index);
        Assert.Null(_route.FindLink("b"));
    }

    [Fact]
    public void Addresses_come_and_go()
    {
        var lo = _route.GetLink("lo").Index;
        var spec = new AddressSpec { LinkIndex = lo, Address = IPAddress.Parse("10.1.2.3"), PrefixLength = 24 };
        _route.AddAddress(spec);
        Assert.Contains(new AddressInfo { LinkIndex = lo, Address = spec.Address, PrefixLength = 24 }, _route.ListAddresses(lo));
        var twice = Assert.Throws<NetlinkException>(() => _route.AddAddress(spec));
        Assert.True(twice.IsAlreadyExists);
        _route.DeleteAddress(spec);
        Assert.DoesNotContain(_route.ListAddresses(), a => a.Address.Equals(spec.Address));
        Assert.True(Assert.Throws<NetlinkException>(() => _route.DeleteAddress(spec)).IsNotFound);
    }

    [Fact]
    public void Routes_come_and_go()
    {
        var link = VethUp("10.1.1.1");
        var network = IPNetwork.Parse("172.20.1.0/24");
        _route.AddRoute(new RouteSpec { Destination = network, Gateway = IPAddress.Parse("10.1.1.2"), Protocol = 77, Metric = 5 });
        _route.AddRoute(new RouteSpec { Gateway = IPAddress.Parse("10.1.1.2") });
        _route.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("172.20.0.0/16"), Type = RouteType.Blackhole });
        var route = Assert.Single(_route.ListRoutes(), r => r.Destination == network);
        Assert.Equal((IPAddress.Parse("10.1.1.2"), link, (byte)77, 5u), (route.Gateway, route.LinkIndex!.Value, route.Protocol, route.Metric!.Value));
        Assert.Single(_route.ListRoutes(), r => r.IsDefault);
        Assert.Single(_route.ListRoutes(), r => r.Type == RouteType.Blackhole);
        _route.DeleteRoute(new RouteSpec { Destination = network, Protocol = 77 });
        Assert.DoesNotContain(_route.ListRoutes(), r => r.Destination == network);
    }

    [Fact]
    public void Replacing_a_route_changes_its_gateway()
    {
        VethUp("10.1.1.1");
        var spec = new RouteSpec { Destination = IPNetwork.Parse("172.20.1.0/24"), Gateway = IPAddress.Parse("10.1.1.2") };
        _route.ReplaceRoute(spec);
        _route.ReplaceRoute(spec with { Gateway = IPAddress.Parse("10.1.1.3") });
        var route = Assert.Single(_route.ListRoutes(), r => r.Destination == spec.Destination);
        Assert.Equal(IPAddress.Parse("10.1.1.3"), route.Gateway);
    }

    [Fact]
    public void Deleting_a_missing_route_is_not_found()
    {
        var error = Assert.Throws<NetlinkException>(() => _route.DeleteRoute(new RouteSpec { Destination = IPNetwork.Parse("10.9.0.0/16") }));
        Assert.True(error.IsNotFound);
    }

    [Fact]
    public void A_refused_route_carries_the_kernels_own_sentence()
    {
        VethUp("10.1.1.1");
        var error = Assert.Throws<NetlinkException>(() => _route.AddRoute(new RouteSpec
        {
            Destination = IPNetwork.Parse("10.0.0.0/24"), Gateway = IPAddress.Parse("10.99.1.2"),
        }));
        Assert.Equal("adding route 10.0.0.0/24 via 10.99.1.2 failed: Network is unreachable (ENETUNREACH): Nexthop has invalid gateway.", error.Message);
        Assert.Equal("Nexthop has invalid gateway", error.KernelMessage);
    }

    [Fact]
    public void Permanent_neighbours_come_and_go()
    {
        var link = VethUp("10.1.1.1");
        var spec = new NeighborSpec { LinkIndex = link, Address = IPAddress.Parse("10.1.1.7"), LinkAddress = MacAddress.Parse("02:00:00:00:00:07") };
        _route.ReplaceNeighbor(spec with { LinkAddress = MacAddress.Random() });
        _route.ReplaceNeighbor(spec);
        var entry = Assert.Single(_route.ListNeighbors(link), n => n.Address.Equals(spec.Address));
        Assert.Equal((spec.LinkAddress, true), (entry.LinkAddress!.Value, entry.IsPermanent));
        _route.DeleteNeighbor(link, spec.Address);
        Assert.DoesNotContain(_route.ListNeighbors(), n => n.Address.Equals(spec.Address) && n.IsPermanent);
    }

    [Fact]
    public void Three_hundred_links_are_listed_over_several_datagrams()
    {
        for (var i = 0; i < 150; i++)
            _route.AddLink(new VethSpec { Name = $"a{i}", PeerName = $"b{i}" });
        Assert.Equal(301, _route.ListLinks().Select(l => l.Name).Distinct().Count());
    }

    [Fact]
    public void A_name_too_long_is_refused_with_the_rule()
    {
        var error = Assert.Throws<NetlinkException>(() => _route.AddLink(new BridgeSpec { Name = "a-name-of-17-chars" }));
        Assert.Contains("1 to 15 characters", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sysctls_belong_to_the_namespace()
    {
        var here = Sysctl.Read("net.ipv4.ip_forward");
        var other = here == "1" ? "0" : "1";
        _ns.Run(() => Sysctl.Write("net.ipv4.ip_forward", other));
        Assert.Equal(other, _ns.Run(() => Sysctl.Read("net/ipv4/ip_forward")));
        Assert.Equal(here, Sysctl.Read("net.ipv4.ip_forward"));
        var refused = Assert.Throws<Viaduct.Linux.LinuxException>(() => _ns.Run(() => Sysctl.Write("net.ipv4.ip_forward", "many")));
        Assert.Contains("EINVAL", refused.Message, StringComparison.Ordinal);
        Assert.True(Assert.Throws<Viaduct.Linux.LinuxException>(() => Sysctl.Read("net.ipv4.no_such_thing")).IsNotFound);
        Assert.False(Sysctl.Exists("net.ipv4.no_such_thing"));
    }

    private int VethUp(string address)
    {
        _route.AddLink(new VethSpec { Name = "a", PeerName = "b", Up = true });
        var link = _route.GetLink("a").Index;
        _route.SetLink(_route.GetLink("b").Index, new LinkChange { Up = true });
        _route.AddAddress(new AddressSpec { LinkIndex = link, Address = IPAddress.Parse(address), PrefixLength = 24 });
        return link;
    }
}
