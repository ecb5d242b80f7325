using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Linux;

/// <summary>Bridges, their ports and forwarding tables, as bridge(8) and ip(8) see them.</summary>
public sealed class BridgeTests : IDisposable
{
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly RouteClient route;

    public BridgeTests()
    {
        route = RouteClient.In(ns);
        route.AddLink(new BridgeSpec { Name = "br0", Up = true });
        route.AddLink(new VethSpec { Name = "port", PeerName = "peer", Master = route.GetLink("br0").Index, Up = true });
        route.SetLink(route.GetLink("peer").Index, new LinkChange { Up = true });
    }

    public void Dispose()
    {
        route.Dispose();
        ns.Dispose();
    }

    [Fact]
    public void Options_of_a_port_are_set_and_others_left_alone()
    {
        route.SetLink(route.GetLink("port").Index, new LinkChange { Learning = false, UnicastFlood = false, Locked = true });
        var shown = Tool.Run(ns, "bridge", "-d", "link", "show", "dev", "port");
        Assert.Contains("learning off flood off", shown, StringComparison.Ordinal);
        Assert.Contains("locked on", shown, StringComparison.Ordinal);
        Assert.Contains("hairpin off", shown, StringComparison.Ordinal);
        route.SetLink(route.GetLink("port").Index, new LinkChange { UnicastFlood = true });
        Assert.Contains("learning off flood on", Tool.Run(ns, "bridge", "-d", "link", "show", "dev", "port"), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_a_bridge_are_set()
    {
        route.SetLink(route.GetLink("br0").Index, new LinkChange
        {
            Bridge = new BridgeChange
            {
                AgeingTime = TimeSpan.FromSeconds(7), ForwardDelay = TimeSpan.FromSeconds(4), HelloTime = TimeSpan.FromSeconds(1), Stp = true, MulticastSnooping = false, CallIptables = true,
            },
        });
        var shown = Tool.Run(ns, "ip", "-d", "link", "show", "br0");
        foreach (var option in new[] { "ageing_time 700 ", "forward_delay 400 ", "hello_time 100 ", "stp_state 1 ", "mcast_snooping 0 ", "nf_call_iptables 1 " })
            Assert.Contains(option, shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_tells_its_state_and_that_its_bridge_wants_all_frames()
    {
        Assert.Equal((BridgePortState.Forwarding, 1), (route.GetLink("port").PortState, route.GetLink("port").Promiscuity));
        Assert.Equal((null, 0), (route.GetLink("peer").PortState, route.GetLink("peer").Promiscuity));
        route.SetLink(route.GetLink("port").Index, new LinkChange { Up = false });
        Assert.Equal(BridgePortState.Disabled, route.GetLink("port").PortState);
    }

    [Fact]
    public async Task The_forwarding_table_has_what_was_learned_what_was_added_and_the_own_addresses()
    {
        var (bridge, port) = (route.GetLink("br0").Index, route.GetLink("port"));
        var (added, learned) = (MacAddress.Parse("02:00:00:00:00:aa"), MacAddress.Parse("02:00:00:00:00:bb"));
        route.AddStaticBridgeEntry(port.Index, added);
        var frame = new byte[60];
        EthernetFrame.WriteHeader(frame, MacAddress.Parse("ff:ff:ff:ff:ff:ff"), learned, (EtherType)0x88b5);
        var peer = route.GetLink("peer").Index;
        ns.Run(() =>
        {
            using var socket = new PacketSocket(peer);
            socket.Send(frame);
        });
        var expected = new BridgeFdbEntry(port.Index, learned, BridgeFdbKind.Learned);
        Assert.True(await RouteSignal.WaitForAsync(ns, () => route.ListBridgeEntries(bridge).Contains(expected), TimeSpan.FromSeconds(10)));
        Assert.Contains(new BridgeFdbEntry(port.Index, added, BridgeFdbKind.Static), route.ListBridgeEntries(bridge));
        Assert.Contains(new BridgeFdbEntry(port.Index, port.Address!.Value, BridgeFdbKind.Local), route.ListBridgeEntries(bridge));
    }

    [Fact]
    public async Task What_never_comes_is_waited_for_no_longer_than_asked() =>
        Assert.False(await RouteSignal.WaitForAsync(ns, () => false, TimeSpan.FromMilliseconds(50)));

    [Fact]
    public void A_rule_that_writes_a_hardware_address_is_what_nft_shows_and_is_read_back()
    {
        using var nft = NftClient.In(ns);
        var table = new NftTable(NftFamily.Bridge, "t");
        NftExpression[] rule =
        [
            new ImmediateExpression(NftRegister.First, new NftData(MacAddress.Parse("02:00:00:00:00:cc").ToBytes())),
            new PayloadWriteExpression(NftPayloadBase.LinkHeader, 6, 6, NftRegister.First),
        ];
        nft.Commit(new NftBatch().AddTable(table)
            .AddChain(table, new NftChainSpec { Name = "c", Hook = new NftHookSpec(NftChainType.Filter, NftHookPoint.Postrouting, 300) })
            .AddRule(table, "c", new NftRuleSpec([.. rule])));
        Assert.Contains("ether saddr set 02:00:00:00:00:cc", Tool.Run(ns, "nft", "list", "ruleset"), StringComparison.Ordinal);
        Assert.Equal(rule[1], nft.ListRules(table).Single().Expressions[^1]);
    }

    [Fact]
    public async Task What_a_tap_device_sends_its_far_end_receives_and_the_other_way_round()
    {
        Assert.SkipUnless(CanOpenTun(), "/dev/net/tun cannot be opened here");
        using var tap = ns.Run(() => new TapDevice("tap0"));
        Tool.Run(ns, "sysctl", "-qw", "net.ipv6.conf.tap0.disable_ipv6=1");
        route.SetLink(route.GetLink("tap0").Index, new LinkChange { Up = true });
        var index = route.GetLink("tap0").Index;
        await using var capture = ns.Run(() => new PacketCapture(index));
        var frame = new byte[60];
        EthernetFrame.WriteHeader(frame, MacAddress.Parse("ff:ff:ff:ff:ff:ff"), MacAddress.Random(), (EtherType)0x88b5);
        Assert.True(tap.Send(frame));
        Assert.True(await capture.WaitForAsync(f => f.Any(c => c.Bytes.Span.SequenceEqual(frame)), TimeSpan.FromSeconds(10)));
        frame[^1] = 7;
        ns.Run(() =>
        {
            using var socket = new PacketSocket(index);
            socket.Send(frame);
        });
        var buffer = new byte[2048];
        Assert.Equal(frame, buffer[..tap.Receive(buffer)]);
        tap.End();
        Assert.Equal(0, tap.Receive(buffer));
    }

    private static bool CanOpenTun()
    {
        try
        {
            using var file = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
