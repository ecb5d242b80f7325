using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Linux;

public sealed class VxlanTests : IDisposable
{
    private static readonly MacAddress s_mac = MacAddress.Parse("0a:58:0a:00:00:01");
    private readonly NetNamespace _ns = NetNamespace.Create();
    private readonly RouteClient _route;
    private readonly LinkInfo _underlay;

    public VxlanTests()
    {
        _route = RouteClient.In(_ns);
        _route.AddLink(new VethSpec { Name = "eth0", PeerName = "peer0", Mtu = 1500, Up = true });
        _underlay = _route.GetLink("eth0");
        _route.AddAddress(new AddressSpec { LinkIndex = _underlay.Index, Address = IPAddress.Parse("10.1.1.1"), PrefixLength = 24 });
    }

    public void Dispose()
    {
        _route.Dispose();
        _ns.Dispose();
    }

    [Theory]
    [InlineData("10.1.1.1", 1450)]
    [InlineData("fd00::1", 1430)]
    public void A_tunnel_has_what_it_was_made_with_and_the_mtu_that_its_header_leaves(string local, int mtu)
    {
        var link = Add(local);
        Assert.Equal(("vxlan", s_mac, mtu), (link.Kind, link.Address!.Value, link.Mtu));
        Assert.Equal(new VxlanInfo(7, 4789, IPAddress.Parse(local), _underlay.Index, false, false), link.Vxlan);
    }

    [Fact]
    public void The_outer_checksum_is_there_only_when_asked_for()
    {
        _route.AddLink(new VxlanSpec { Name = "vx1", Id = 8, Port = 4790, Local = IPAddress.Parse("10.1.1.1"), UnderlayIndex = _underlay.Index, OuterChecksum = true });
        Assert.True(_route.GetLink("vx1").Vxlan!.OuterChecksum);
        Assert.Contains(" udpcsum noudp6zerocsumtx noudp6zerocsumrx ", Tool.Run(_ns, "ip", "-d", "link", "show", "vx1"), StringComparison.Ordinal);
        Add("10.1.1.1");
        Assert.Contains(" noudpcsum udp6zerocsumtx udp6zerocsumrx ", Tool.Run(_ns, "ip", "-d", "link", "show", "vx0"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_forwarding_entry_is_replaced_listed_and_deleted()
    {
        var tunnel = Add("10.1.1.1").Index;
        var entry = new FdbEntry(tunnel, MacAddress.Parse("0a:58:0a:00:00:02"), IPAddress.Parse("10.1.1.2"));
        _route.ReplaceFdbEntry(entry);
        _route.ReplaceFdbEntry(entry with { Destination = IPAddress.Parse("10.1.1.3") });
        Assert.Equal([entry with { Destination = IPAddress.Parse("10.1.1.3") }], _route.ListFdbEntries(tunnel));
        Assert.Contains("0a:58:0a:00:00:02 dst 10.1.1.3 self permanent", Tool.Run(_ns, "bridge", "fdb", "show", "dev", "vx0"), StringComparison.Ordinal);
        _route.DeleteFdbEntry(entry with { Destination = IPAddress.Parse("10.1.1.3") });
        Assert.Empty(_route.ListFdbEntries(tunnel));
    }

    [Fact]
    public void Transmit_checksums_are_left_to_the_link_below_until_that_is_switched_off()
    {
        Add("10.1.1.1");
        var (before, after) = _ns.Run(() =>
        {
            var before = ChecksumOffload.IsOn("vx0");
            ChecksumOffload.Set("vx0", false);
            return (before, ChecksumOffload.IsOn("vx0"));
        });
        Assert.True(before);
        Assert.False(after);
    }

    private LinkInfo Add(string local)
    {
        _route.AddLink(new VxlanSpec { Name = "vx0", Id = 7, Port = 4789, Local = IPAddress.Parse(local), UnderlayIndex = _underlay.Index, Address = s_mac });
        return _route.GetLink("vx0");
    }
}
