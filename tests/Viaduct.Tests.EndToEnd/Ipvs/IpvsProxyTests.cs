using Viaduct.Linux.Processes;
using Viaduct.Tests.EndToEnd.Machine;
using Viaduct.Tests.EndToEnd.Proxies;

namespace Viaduct.Tests.EndToEnd.Ipvs;

/// <summary>The program <c>viaduct proxy</c> in ipvs mode, on a kernel that has it.</summary>
public class IpvsProxyTests
{
    [Fact]
    public async Task Cleanup_removes_what_is_ours_and_nothing_else()
    {
        await using var node = await ServedNodeAsync();
        await node.RunAsync("sh", "-c", "iptables-legacy -N MINE && iptables-legacy -t nat -A OUTPUT -d 192.0.2.1 -j RETURN && ipset create MINE hash:ip && ipset add MINE 192.0.2.2"
            + " && ipvsadm -A -t 192.0.2.3:80 -s rr && ipvsadm -a -t 192.0.2.3:80 -r 192.0.2.4:80 -m && ip link add mine type dummy && ip address add 192.0.2.3/32 dev mine");
        var before = await StateAsync(node);
        var proxy = await node.Start("--proxy-mode", "ipvs").ServingAsync();
        Assert.Equal(ProxyNode.First, await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
        await proxy.SignalAsync(Signals.Terminate);
        IpvsState.AssertOnlyOf("ipvs", await StateAsync(node));

        Assert.Equal(0, await node.Start("--cleanup").EndAsync());

        Assert.Equal(before, await StateAsync(node));
        Assert.Equal(0, await node.Start("--cleanup").EndAsync());
    }

    [Fact]
    public async Task A_proxy_that_is_killed_and_started_again_loses_no_connection_and_in_another_mode_takes_over()
    {
        await using var node = await ServedNodeAsync();
        var proxy = await node.Start("--proxy-mode", "ipvs").ServingAsync();

        var answers = await node.Servers.AskDuringAsync(ProxyNode.ClusterIP, 80, async () =>
        {
            foreach (var mode in new[] { "ipvs", "iptables", "ipvs" })
            {
                await proxy.SignalAsync(Signals.Kill);
                proxy = await node.Start("--proxy-mode", mode).ServingAsync();
                IpvsState.AssertOnlyOf(mode, await StateAsync(node));
            }
        });

        Assert.Equal([ProxyNode.First], answers.Keys);
    }

    [Fact]
    public async Task A_scheduler_that_the_kernel_lacks_is_refused_in_one_sentence_and_nothing_is_written()
    {
        await using var node = await ServedNodeAsync();
        var before = await StateAsync(node);

        var proxy = node.Start("--proxy-mode", "ipvs", "--ipvs-scheduler", "nosuch");

        Assert.Equal(1, await proxy.EndAsync());
        Assert.Contains("nosuch", Assert.Single(proxy.Log.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync(node));
    }

    private static async Task<ProxyNode> ServedNodeAsync()
    {
        Assert.SkipUnless(NodeRules.HasIpvs(), "Needs a kernel with IPVS.");
        var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);
        return node;
    }

    private static async Task<string> StateAsync(ProxyNode node) => IpvsState.WithoutCounters(await node.RunAsync("sh", "-c", IpvsState.Script));
}
