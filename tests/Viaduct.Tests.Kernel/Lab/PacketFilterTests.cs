using System.Net;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Packets;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>An experiment's rules mean the same by nftables and by iptables.</summary>
public sealed class PacketFilterTests : IAsyncDisposable
{
    private const string Client = RoutedHosts.ClientAddress, Server = RoutedHosts.ServerAddress;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5), s_impatience = TimeSpan.FromMilliseconds(300);

    private readonly RoutedHosts hosts = new();
    private IPacketFilter? filter;

    public static TheoryData<string> Filters => ["nftables", "iptables"];

    public async ValueTask DisposeAsync()
    {
        filter?.Dispose();
        await hosts.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task What_is_forwarded_to_an_address_is_dropped_and_counted_until_the_rules_are_cleared(string name)
    {
        var rules = Open(name);
        rules.Add(new PacketRule(PacketHook.Forward, new PacketAction.Drop()) { Destination = PacketRule.Only(Server) });
        Assert.Equal(0UL, rules.Dropped(PacketHook.Forward));
        Assert.False(await hosts.Client.PingAsync(Server, null, s_impatience));
        Assert.Equal(1UL, rules.Dropped(PacketHook.Forward));
        rules.Clear(PacketHook.Forward);
        Assert.True(await hosts.Client.PingAsync(Server, null, s_patience));
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task What_is_sent_to_a_Service_goes_to_its_backend(string name)
    {
        Assert.False(await hosts.Client.PingAsync("10.96.0.1", null, s_impatience));
        Open(name).Add(new PacketRule(PacketHook.Prerouting, new PacketAction.SendTo(IPAddress.Parse(Server))) { Destination = PacketRule.Only("10.96.0.1") });
        Assert.True(await hosts.Client.PingAsync("10.96.0.1", null, s_patience));
    }

    [Theory]
    [InlineData("nftables", "10.1.0.0/24", "client", "10.2.0.1")]
    [InlineData("iptables", "10.1.0.0/24", "client", "10.2.0.1")]
    // By the device that it is said not to leave by, or from elsewhere: not translated.
    [InlineData("nftables", "10.1.0.0/24", "server", Client)]
    [InlineData("iptables", "10.1.0.0/24", "server", Client)]
    [InlineData("nftables", "10.3.0.0/16", "client", Client)]
    [InlineData("iptables", "10.3.0.0/16", "client", Client)]
    public async Task What_leaves_a_network_by_another_device_gets_that_devices_address(string name, string network, string device, string expected)
    {
        Open(name).Add(new PacketRule(PacketHook.Postrouting, new PacketAction.Masquerade()) { Source = IPNetwork.Parse(network), NotByDevice = device });
        var seen = hosts.Server.Capture("eth0");
        Assert.True(await hosts.Client.PingAsync(Server, null, s_patience));
        await seen.WaitForAsync(frames => Requests(frames).Count > 0, s_patience);
        Assert.StartsWith($"IP {expected} > {Server}:", Requests(seen.Frames)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_commands_are_those_of_nft_and_iptables()
    {
        var rule = new PacketRule(PacketHook.Postrouting, new PacketAction.Masquerade()) { Source = IPNetwork.Parse("10.1.0.0/24"), NotByDevice = "br0" };
        Assert.Equal(
            ["nft add table ip nat", "nft add chain ip nat postrouting '{ type nat hook postrouting priority srcnat; }'", "nft add rule ip nat postrouting ip saddr 10.1.0.0/24 oifname != br0 masquerade"],
            Open("nftables").Add(rule));
        Assert.Equal(["iptables -t nat -A POSTROUTING -s 10.1.0.0/24 ! -o br0 -j MASQUERADE"], Open("iptables").Add(rule));
    }

    private static List<string> Requests(IReadOnlyList<CapturedFrame> frames) => [.. frames.Select(f => f.ToString()).Where(f => f.Contains("echo request", StringComparison.Ordinal))];

    private IPacketFilter Open(string name)
    {
        filter?.Dispose();
        if (name == "iptables")
            Assert.SkipUnless(File.Exists("/usr/sbin/iptables-legacy-restore"), "iptables-legacy is missing");
        else
            Assert.SkipUnless(PacketFilters.HasNftables, "this kernel's nftables cannot translate IPv4 addresses");
        return filter = name == "iptables" ? new IptablesFilter(hosts.Router.Namespace) : new NftablesFilter(hosts.Router.Namespace);
    }
}
