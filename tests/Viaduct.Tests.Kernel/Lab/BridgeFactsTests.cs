using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;
using Viaduct.Lab.Network;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>What is often told otherwise of bridges and their neighbours, and which no experiment of the chapter comes by; see docs/kernel/links-and-namespaces.md.</summary>
public sealed class BridgeFactsTests : IAsyncDisposable
{
    private const string None = "00:00:00:00:00:00", NearestBridge = "01:80:c2:00:00:0e"; // as LLDP sends to

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5), s_impatience = TimeSpan.FromMilliseconds(300);

    private readonly LabRun lab = new();

    public ValueTask DisposeAsync() => lab.DisposeAsync();

    [Fact]
    public void A_bridge_has_the_lowest_address_of_its_ports_and_follows_them_until_it_is_given_one()
    {
        var host = BridgeWithPorts(0x50, 0x90, 0x10);
        Assert.Equal(Mac(0x50), Joined(host, 0x50));
        Assert.Equal(Mac(0x50), Joined(host, 0x90));
        Assert.Equal(Mac(0x10), Joined(host, 0x10));
        host.SetNoMaster("p10");
        Assert.Equal(Mac(0x50), BridgeMac(host));
        host.SetMac("p50", Mac(0xa0));
        Assert.Equal(Mac(0x90), BridgeMac(host));
        host.SetNoMaster("p50");
        host.SetNoMaster("p90");
        Assert.Equal(None, BridgeMac(host));

        host.SetMac("br0", Mac(0x70));
        Assert.Equal(Mac(0x70), Joined(host, 0x10));
    }

    [Fact]
    public async Task Nobody_is_told_that_a_bridge_has_another_address_unless_arp_notify_is_set()
    {
        var host = BridgeWithPorts(0x50, 0x20, 0x10);
        Joined(host, 0x50);
        host.AddAddress("br0", "10.0.0.1/24");
        var neighbour = host.Capture("q50");
        Joined(host, 0x20);
        host.SetSysctl("net.ipv4.conf.br0.arp_notify", "1");
        Joined(host, 0x10);
        // Had the first change been told, it would stand before the second.
        Assert.True(await neighbour.WaitForAsync(frames => Senders(frames).Count > 0, s_patience));
        Assert.Equal([Mac(0x10)], Senders(neighbour.Frames).Distinct());
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    [InlineData("2", false)]
    public async Task Without_an_address_on_the_device_loose_reverse_path_filtering_drops_as_strict_does(string filter, bool isAnswered)
    {
        var classic = new ClassicHost(lab);
        classic.Host.AddBridge("br0");
        classic.Host.SetUp("br0");
        classic.Host.SetMaster("eth0", "br0");
        // The answer to an ARP question comes in by br0, which is of no use to eth0; so it is not asked.
        Tool.Run(classic.Host.Namespace, "ip", "neigh", "replace", PhysicalNetwork.GatewayAddress, "lladdr", PhysicalNetwork.GatewayMac, "dev", "eth0");
        classic.Host.SetSysctl("net.ipv4.conf.br0.rp_filter", filter);
        Assert.Equal(isAnswered, await classic.Host.PingAsync(PhysicalNetwork.GatewayAddress, from: null, isAnswered ? s_patience : s_impatience));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    public async Task For_the_address_of_a_port_its_bridge_answers_with_an_address_of_its_own_unless_arp_ignore_is_set(string ignore, bool answers)
    {
        var classic = new ClassicHost(lab);
        classic.Host.AddBridge("br0");
        classic.Host.SetMac("br0", Mac(0x77));
        classic.Host.SetUp("br0");
        classic.Host.SetMaster("eth0", "br0");
        classic.Host.SetSysctl("net.ipv4.conf.br0.arp_ignore", ignore);
        var heard = classic.Network.Gateway.Capture("eth0");
        // Whether the ping itself succeeds is another question.
        await classic.Network.Gateway.PingAsync("192.168.3.21", from: null, s_impatience);
        await lab.ShowsAsync(new("Answers.", ""), heard, "ARP, Reply 192.168.3.21", answers ? [$"ARP, Reply 192.168.3.21 is-at {Mac(0x77)}"] : []);
        Assert.NotEmpty(heard.Frames);
    }

    [Fact]
    public async Task A_capture_sees_what_passes_a_bridge_only_when_it_makes_the_bridge_promiscuous()
    {
        var host = BridgeWithPorts(0x10, 0x20);
        Joined(host, 0x10);
        Joined(host, 0x20);
        var (bridge, far) = (host.Capture("br0"), host.Capture("q20"));
        host.AddStaticEntry("p20", Mac(0x99));
        await PassAsync(1);
        Tool.Run(host.Namespace, "ip", "link", "set", "br0", "promisc", "on");
        await PassAsync(2);
        Assert.True(await bridge.WaitForAsync(frames => Marks(frames).Count > 0, s_patience));
        Assert.Equal([2], Marks(bridge.Frames));

        async Task PassAsync(byte mark)
        {
            Send(host, Mac(0x99), mark);
            Assert.True(await far.WaitForAsync(frames => Marks(frames).Contains(mark), s_patience));
        }
    }

    [Fact]
    public async Task What_is_for_the_next_bridge_only_is_seen_at_the_port_and_nowhere_else_unless_group_fwd_mask_says_so()
    {
        var host = BridgeWithPorts(0x10, 0x20);
        Joined(host, 0x10);
        Joined(host, 0x20);
        var (port, bridge, far) = (host.Capture("p10"), host.Capture("br0"), host.Capture("q20"));
        Send(host, NearestBridge, mark: 1);
        Assert.True(await port.WaitForAsync(frames => Marks(frames).Count == 1, s_patience));
        Tool.Run(host.Namespace, "ip", "link", "set", "br0", "type", "bridge", "group_fwd_mask", "0x4000");
        Send(host, NearestBridge, mark: 2);
        Assert.True(await bridge.WaitForAsync(frames => Marks(frames).Count > 0, s_patience));
        Assert.True(await far.WaitForAsync(frames => Marks(frames).Count > 0, s_patience));
        Assert.Equal([1, 2], Marks(port.Frames));
        Assert.Equal([2], Marks(bridge.Frames));
        Assert.Equal([2], Marks(far.Frames));
    }

    [Fact]
    public void A_bridges_largest_packet_is_that_of_its_least_port_until_it_is_set()
    {
        var host = BridgeWithPorts(0x10, 0x20);
        SetMtu(host, "p10", 1400);
        SetMtu(host, "p20", 1300);
        Assert.Equal(1500, host.Link("br0").Mtu);
        Joined(host, 0x10);
        Assert.Equal(1400, host.Link("br0").Mtu);
        Joined(host, 0x20);
        Assert.Equal(1300, host.Link("br0").Mtu);
        SetMtu(host, "p20", 1450);
        Assert.Equal(1400, host.Link("br0").Mtu);
        host.SetNoMaster("p10");
        Assert.Equal(1450, host.Link("br0").Mtu);

        SetMtu(host, "br0", 1480);
        Joined(host, 0x10);
        Assert.Equal(1480, host.Link("br0").Mtu);
    }

    [Fact]
    public async Task A_bridge_has_carrier_until_its_first_port_leaves()
    {
        var host = BridgeWithPorts(0x10);
        Assert.True(host.Link("br0").IsRunning);
        Joined(host, 0x10);
        Assert.True(host.Link("br0").IsRunning);
        host.SetNoMaster("p10");
        // Told by a work queue of the kernel (linkwatch_event).
        Assert.True(await host.WaitForAsync(() => !host.Link("br0").IsRunning, s_patience));
    }

    /// <summary>br0 and pairs pNN - qNN that are not on it yet, all up; NN is the end of pNN's hardware address.</summary>
    private LabHost BridgeWithPorts(params byte[] ends)
    {
        var host = lab.AddHost("host");
        host.AddBridge("br0");
        host.SetBridge("br0", new BridgeChange { MulticastSnooping = false });
        host.SetUp("br0");
        foreach (var end in ends)
        {
            host.AddVeth($"p{end:x2}", $"q{end:x2}", Mac(end), $"02:00:00:00:01:{end:x2}");
            host.SetUp($"p{end:x2}");
            host.SetUp($"q{end:x2}");
        }

        return host;
    }

    private static string Joined(LabHost host, byte end)
    {
        host.SetMaster($"p{end:x2}", "br0");
        return BridgeMac(host);
    }

    private static void SetMtu(LabHost host, string link, int mtu) => host.Route.SetLink(host.Link(link).Index, new LinkChange { Mtu = mtu });

    /// <summary>Sends a frame with a mark into the port p10.</summary>
    private static void Send(LabHost host, string destination, byte mark)
    {
        var frame = new byte[60];
        EthernetFrame.WriteHeader(frame, MacAddress.Parse(destination), MacAddress.Parse(Mac(0x98)), (EtherType)0x88b5);
        frame[EthernetFrame.HeaderSize] = mark;
        host.Send("q10", frame);
    }

    private static string Mac(byte end) => $"02:00:00:00:00:{end:x2}";

    private static string BridgeMac(LabHost host) => host.Link("br0").Address.ToString()!;

    private static List<string> Senders(IReadOnlyList<CapturedFrame> frames) =>
        [.. frames.Select(f => EthernetFrame.TryRead(f.Bytes.Span, out var frame) && frame.Type == EtherType.Arp ? frame.Source.ToString() : null).OfType<string>()];

    private static List<int> Marks(IReadOnlyList<CapturedFrame> frames) =>
        [.. frames.Where(f => f.Bytes.Span[12] == 0x88 && f.Bytes.Span[13] == 0xb5).Select(f => (int)f.Bytes.Span[EthernetFrame.HeaderSize]).Distinct()];
}
