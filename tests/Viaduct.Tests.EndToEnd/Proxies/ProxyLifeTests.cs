using System.Text.RegularExpressions;
using Viaduct.Linux.Processes;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>Start, end, restart and cleanup of the program <c>viaduct proxy</c>, seen by whoever uses a Service meanwhile.</summary>
public partial class ProxyLifeTests
{
    [Fact]
    public async Task SIGTERM_ends_it_with_0_and_Services_stay()
    {
        await using var node = await ServedNodeAsync();
        var proxy = await node.Start().ServingAsync();
        var rules = await RulesAsync(node);

        await proxy.SignalAsync(Signals.Terminate);

        Assert.Equal(0, await proxy.EndAsync());
        Assert.Equal(rules, await RulesAsync(node));
        Assert.Equal(ProxyNode.First, await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
    }

    [Theory]
    [InlineData(Signals.Terminate)]
    [InlineData(Signals.Kill)]
    public async Task A_restart_writes_nothing_and_loses_no_connection(int signal)
    {
        await using var node = await ServedNodeAsync();
        var before = await node.Start().ServingAsync();
        Assert.True(await before.ValueAsync("viaduct_elements_written_total") > 0);

        ProxyProcess? after = null;
        var answers = await node.Servers.AskDuringAsync(ProxyNode.ClusterIP, 80, async () =>
        {
            await before.SignalAsync(signal);
            after = await node.Start().ServingAsync();
        });

        Assert.Equal([ProxyNode.First], answers.Keys);
        Assert.Equal(0, await after!.ValueAsync("viaduct_elements_written_total"));
        // And it follows changes from there on.
        await node.SetEndpointsAsync("web", ProxyNode.Second);
        await after.UntilAsync("the other endpoint answers", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.Second);
    }

    [Theory]
    [InlineData("nftables")]
    [InlineData("iptables")]
    [InlineData("userspace")]
    public async Task Cleanup_removes_what_is_ours_and_nothing_else(string mode)
    {
        await using var node = await ServedNodeAsync();
        await node.RunAsync("nft", "add table ip mine; add chain ip mine input { type filter hook input priority 0; }; add rule ip mine input tcp dport 22 accept; add set ip mine s { type ipv4_addr; }");
        await node.RunAsync("iptables", "-t", "nat", "-A", "OUTPUT", "-d", "192.0.2.1", "-j", "RETURN");
        await node.RunAsync("iptables", "-N", "MINE");
        var before = await StateAsync(node);
        var proxy = await node.Start("--proxy-mode", mode).ServingAsync();
        Assert.Equal(ProxyNode.First, await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
        await proxy.SignalAsync(Signals.Terminate);
        Assert.NotEqual(before, await StateAsync(node));

        Assert.Equal(0, await node.Start("--cleanup").EndAsync());

        Assert.Equal(before, await StateAsync(node));
        Assert.Equal(0, await node.Start("--cleanup").EndAsync());
    }

    private static async Task<ProxyNode> ServedNodeAsync()
    {
        var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);
        return node;
    }

    private static Task<string> RulesAsync(ProxyNode node) => node.RunAsync("nft", "--stateless", "list", "ruleset");

    // Of iptables' tables only rules and chains of people: its own chains come with the first rule of anybody and stay, empty. KUBE-FIREWALL is kubelet's, too,
    // and stays.
    private static async Task<string> StateAsync(ProxyNode node)
    {
        var iptables = (await node.RunAsync("iptables-save")).Split('\n').Where(l => l.StartsWith("-A", StringComparison.Ordinal) || l.Contains(" - [", StringComparison.Ordinal))
            .Where(l => !l.Contains("KUBE-FIREWALL", StringComparison.Ordinal));
        var tables = (await node.RunAsync("nft", "list", "tables")).Split('\n').Where(t => t is not ("table ip nat" or "table ip filter" or "table ip mangle"));
        var state = string.Join('\n', [.. iptables, .. tables, await node.RunAsync("nft", "list", "table", "ip", "mine"), await node.RunAsync("ip", "address"), await node.RunAsync("ip", "link")]);
        return Counters().Replace(state, "");
    }

    [GeneratedRegex(@"packets \d+ bytes \d+|\[\d+:\d+\]")]
    private static partial Regex Counters();
}
