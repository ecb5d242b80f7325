using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Kernel.Linux;

public sealed class RouteMonitorTests : IDisposable
{
    private readonly NetNamespace _ns = NetNamespace.Create();
    private readonly RouteClient _route;
    private readonly int _link;

    public RouteMonitorTests()
    {
        _route = RouteClient.In(_ns);
        _route.AddLink(new VethSpec { Name = "eth0", PeerName = "peer0", Up = true });
        _route.SetLink(_route.GetLink("peer0").Index, new LinkChange { Up = true });
        _link = _route.GetLink("eth0").Index;
        _route.AddAddress(new AddressSpec { LinkIndex = _link, Address = IPAddress.Parse("10.1.1.1"), PrefixLength = 24 });
    }

    public void Dispose()
    {
        _route.Dispose();
        _ns.Dispose();
    }

    [Fact]
    public async Task Changes_are_told_with_the_object_that_changed()
    {
        using var monitor = RouteMonitor.In(_ns);
        var route = new RouteSpec { Destination = IPNetwork.Parse("172.20.1.0/24"), Gateway = IPAddress.Parse("10.1.1.2"), Protocol = 86 };
        _route.AddRoute(route);
        _route.DeleteRoute(route);
        _route.ReplaceNeighbor(new NeighborSpec { LinkIndex = _link, Address = IPAddress.Parse("10.1.1.9"), LinkAddress = MacAddress.Parse("02:00:00:00:00:09") });
        _route.SetLink(_link, new LinkChange { Mtu = 1400 });
        _route.AddAddress(new AddressSpec { LinkIndex = _link, Address = IPAddress.Parse("10.1.2.1"), PrefixLength = 24 });

        await Expect(monitor, n => n is { IsRemoval: false, Route: { Protocol: 86, Gateway: not null } r } && r.Destination == route.Destination);
        await Expect(monitor, n => n is { IsRemoval: true, Route.Protocol: 86 });
        await Expect(monitor, n => n.Neighbor is { IsPermanent: true } neighbor && neighbor.Address.Equals(IPAddress.Parse("10.1.1.9")));
        await Expect(monitor, n => n.Link is { Name: "eth0", Mtu: 1400 });
        await Expect(monitor, n => n.Address is { } address && address.Address.Equals(IPAddress.Parse("10.1.2.1")));
    }

    [Fact]
    public async Task Routes_that_the_excepted_client_makes_are_not_told()
    {
        using var monitor = RouteMonitor.In(_ns, except: _route);
        using var other = RouteClient.In(_ns);
        var route = new RouteSpec { Destination = IPNetwork.Parse("172.20.1.0/24"), Gateway = IPAddress.Parse("10.1.1.2"), Protocol = 86 };
        _route.AddRoute(route);
        other.AddRoute(route with { Destination = IPNetwork.Parse("172.20.2.0/24") });
        var first = await Expect(monitor, n => n.Route is { Protocol: 86 });
        Assert.Equal(IPNetwork.Parse("172.20.2.0/24"), first.Route!.Destination);
    }

    [Fact]
    public async Task A_link_that_goes_down_takes_its_IPv4_routes_with_it_without_a_word()
    {
        _route.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("172.20.1.0/24"), Gateway = IPAddress.Parse("10.1.1.2"), Protocol = 86 });
        using var monitor = RouteMonitor.In(_ns);
        _route.SetLink(_link, new LinkChange { Up = false });
        _route.SetLink(_link, new LinkChange { Up = true });
        Assert.DoesNotContain(_route.ListRoutes(), r => r.Protocol == 86);
        _route.AddAddress(new AddressSpec { LinkIndex = _link, Address = IPAddress.Parse("10.9.9.9"), PrefixLength = 24 });

        var seen = new List<RouteNotice>();
        await Expect(monitor, n =>
        {
            seen.Add(n);
            return n.Address?.Address.Equals(IPAddress.Parse("10.9.9.9")) ?? false;
        });
        Assert.Contains(seen, n => n.Link is { Name: "eth0", IsUp: false });
        Assert.DoesNotContain(seen, n => n is { IsRemoval: true, Route.Protocol: 86 });
    }

    private static async Task<RouteNotice> Expect(RouteMonitor monitor, Func<RouteNotice, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (var notice in monitor.ReadAsync(limit.Token))
        {
            if (condition(notice))
                return notice;
        }
        throw new InvalidOperationException("the monitor ended");
    }
}
