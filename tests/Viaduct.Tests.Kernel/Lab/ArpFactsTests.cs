using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;
using Viaduct.Lab.Network;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>Which addresses a host answers ARP for, and which of two answers is kept; see docs/kernel/links-and-namespaces.md.</summary>
public sealed class ArpFactsTests : IAsyncDisposable
{
    private const string First = "02:00:00:00:05:01", Second = "02:00:00:00:05:02", Absent = "192.168.3.150";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5), s_impatience = TimeSpan.FromMilliseconds(300);

    private readonly LabRun lab = new();

    public ValueTask DisposeAsync() => lab.DisposeAsync();

    [Theory]
    [InlineData("0", "eth0 eth1")]
    [InlineData("1", "")]
    [InlineData("2", "")]
    [InlineData("3", "eth0 eth1")]
    public async Task An_address_of_lo_is_answered_on_every_card_unless_arp_ignore_asks_for_one_of_the_card(string ignore, string cards)
    {
        var (host, gateway) = HostWithTwoCards();
        host.AddAddress("lo", "192.168.3.50/32");
        host.SetSysctl("net.ipv4.conf.all.arp_ignore", ignore);
        Assert.Equal(cards, await AnsweringAsync(gateway, "192.168.3.50", PhysicalNetwork.GatewayAddress));
    }

    [Theory]
    [InlineData("1", "192.168.3.1", "eth0")]
    [InlineData("1", "10.9.9.9", "eth0")]
    [InlineData("2", "192.168.3.1", "eth0")]
    [InlineData("2", "10.9.9.9", "")]
    public async Task Only_with_arp_ignore_2_must_who_asks_be_of_the_addresss_network(string ignore, string asker, string cards)
    {
        var (host, gateway) = HostWithTwoCards();
        host.AddAddress("eth0", "192.168.3.51/24");
        host.SetSysctl("net.ipv4.conf.all.arp_ignore", ignore);
        Assert.Equal(cards, await AnsweringAsync(gateway, "192.168.3.51", asker));
    }

    [Theory]
    [InlineData("0", "")]
    [InlineData("1", "eth0 eth1")]
    public async Task For_127_0_0_1_nobody_answers_unless_route_localnet_is_set(string localnet, string cards)
    {
        var (host, gateway) = HostWithTwoCards();
        host.SetSysctl("net.ipv4.conf.all.route_localnet", localnet);
        Assert.Equal(cards, await AnsweringAsync(gateway, "127.0.0.1", PhysicalNetwork.GatewayAddress));
    }

    [Theory]
    [InlineData("6000", First)]
    [InlineData("0", Second)]
    public async Task Of_two_answers_the_first_is_kept_for_as_long_as_locktime_says(string hundredths, string kept)
    {
        var (host, gateway) = HostWithTwoCards();
        Assert.Equal("100", gateway.ReadSysctl("net.ipv4.neigh.eth0.locktime"));
        gateway.SetSysctl("net.ipv4.neigh.eth0.locktime", hundredths);
        await gateway.PingAsync(Absent, from: null, TimeSpan.Zero);
        await AnswerAsync(First);
        Assert.Equal(First, Known());
        await AnswerAsync(Second);
        // Within one tick the second answer is not later than the first.
        for (var again = 0; hundredths == "0" && Known() == First && again < 1000; again++)
            await AnswerAsync(Second);
        Assert.Equal(kept, Known());

        string Known() => gateway.Neighbor("eth0", Absent)!.LinkAddress.ToString()!;

        async Task AnswerAsync(string mac)
        {
            host.Send("eth0", Frame(mac, PhysicalNetwork.GatewayMac, new(true, MacAddress.Parse(mac), IPAddress.Parse(Absent), MacAddress.Parse(PhysicalNetwork.GatewayMac), IPAddress.Parse(PhysicalNetwork.GatewayAddress))));
            // What is answered after it was taken in after it.
            Assert.True(await host.PingAsync(PhysicalNetwork.GatewayAddress, from: "eth0", s_patience));
        }
    }

    [Theory]
    [InlineData("0", ClassicHost.Veth0Mac, false)]
    [InlineData("1", ClassicHost.Veth1Mac, true)]
    public async Task Whom_the_gateway_asked_and_learned_the_bridges_address_of_is_answered_on_the_bridge(string ignore, string learned, bool isAnswered)
    {
        var classic = new ClassicHost(lab);
        classic.ConnectVeth();
        classic.AddBridgeAddress();
        classic.AttachCard();
        var (host, gateway) = (classic.Host, classic.Network.Gateway);
        Assert.True(await host.PingAsync(PhysicalNetwork.GatewayAddress, "veth1", s_patience), "By its own question veth1 tells the gateway its hardware address.");

        host.SetSysctl("net.ipv4.conf.all.arp_ignore", ignore);
        gateway.ForgetNeighbors("eth0");
        await gateway.PingAsync("192.168.3.102", from: null, s_impatience);
        await gateway.WaitForAsync(() => gateway.Neighbor("eth0", "192.168.3.102")?.LinkAddress is not null, s_patience);
        Assert.Equal(learned, gateway.Neighbor("eth0", "192.168.3.102")?.LinkAddress.ToString());

        var (bridge, veth) = (host.Capture("br0"), host.Capture("veth1"));
        Assert.Equal(isAnswered, await host.PingAsync(PhysicalNetwork.GatewayAddress, "veth1", isAnswered ? s_patience : s_impatience));
        Assert.True(await (isAnswered ? veth : bridge).WaitForAsync(HasReply, s_patience));
        Assert.False(HasReply((isAnswered ? bridge : veth).Frames));

        static bool HasReply(IReadOnlyList<CapturedFrame> frames) => frames.Any(f => f.ToString().StartsWith("IP 192.168.3.1 > 192.168.3.102: ICMP echo reply", StringComparison.Ordinal));
    }

    private (LabHost Host, LabHost Gateway) HostWithTwoCards()
    {
        var network = new PhysicalNetwork(lab);
        var host = lab.AddHost("host");
        network.Plug(host, "eth0", "02:00:00:00:03:15", "192.168.3.21/24");
        network.Plug(host, "eth1", "02:00:00:00:03:16", "192.168.3.22/24");
        return (host, network.Gateway);
    }

    /// <summary>Asks once for an address, then for one that is answered whatever is set; tells which cards answered before that.</summary>
    private static async Task<string> AnsweringAsync(LabHost gateway, string address, string asker)
    {
        var capture = gateway.Capture("eth0");
        gateway.Send("eth0", Question(address, asker));
        foreach (var own in new[] { "192.168.3.21", "192.168.3.22" })
            gateway.Send("eth0", Question(own, PhysicalNetwork.GatewayAddress));
        Assert.True(await capture.WaitForAsync(frames => Cards(frames, "192.168.3.21").Contains("eth0") && Cards(frames, "192.168.3.22").Contains("eth1"), s_patience));
        return Cards(capture.Frames, address);
    }

    private static string Cards(IReadOnlyList<CapturedFrame> frames, string address) =>
        string.Join(' ', new[] { "eth0", "eth1" }.Where((_, i) => frames.Any(f => f.ToString() == $"ARP, Reply {address} is-at 02:00:00:00:03:{0x15 + i:x2}")));

    private static byte[] Question(string address, string asker) =>
        Frame(PhysicalNetwork.GatewayMac, "ff:ff:ff:ff:ff:ff", new(false, MacAddress.Parse(PhysicalNetwork.GatewayMac), IPAddress.Parse(asker), default, IPAddress.Parse(address)));

    private static byte[] Frame(string source, string destination, ArpPacket packet)
    {
        var frame = new byte[EthernetFrame.HeaderSize + ArpPacket.Size];
        EthernetFrame.WriteHeader(frame, MacAddress.Parse(destination), MacAddress.Parse(source), EtherType.Arp);
        packet.Write(frame.AsSpan(EthernetFrame.HeaderSize));
        return frame;
    }
}
