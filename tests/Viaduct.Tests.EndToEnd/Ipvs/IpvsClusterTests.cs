using System.Text.Json;
using Viaduct.Tests.EndToEnd.Clusters;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Ipvs;

/// <summary>A cluster in ipvs mode, on a kernel that has it.</summary>
public class IpvsClusterTests
{
    private const int Frontends = 3;
    private static readonly string[] s_nodes = ["node-1", "node-2"];

    [Fact]
    public async Task Guestbook_is_served_by_ipvs_from_everywhere_and_no_connection_fails_while_the_mode_changes()
    {
        Assert.SkipUnless(NodeRules.HasIpvs(), "Needs a kernel with IPVS.");
        var configuration = Path.Combine(Path.GetTempPath(), $"viaduct-{Guid.NewGuid():n}.yaml");
        // What pods send out of the cluster is masqueraded by nftables, which user-mode Linux lacks.
        await File.WriteAllTextAsync(configuration, "nonMasqueradeCidrs: [0.0.0.0/0]\n", TestContext.Current.CancellationToken);
        await using var cluster = await TestCluster.UpAsync(
            Actor.Named("root"), "--config", configuration, "--proxy-mode", "ipvs", "--apply", GuestbookTests.SharedManifest("guestbook.yaml"));
        File.Delete(configuration);
        await AssertServesByAsync(cluster, "ipvs");
        foreach (var node in s_nodes)
            IpvsState.AssertOnlyOf("ipvs", await NodeRules.ScriptAsync(cluster.Name, node, IpvsState.Script));
        await AssertEveryServiceAnswersAsync(cluster);
        Assert.Empty(HostState.ThreadsElsewhere());

        await AssertNothingIsLostAsync(cluster, "iptables", "ipvs", "iptables");
        await AssertEveryServiceAnswersAsync(cluster);
    }

    // What the former mode's established connections need is still there: when it goes is ModeChangeTests' matter.
    private static async Task AssertNothingIsLostAsync(TestCluster cluster, params string[] modes)
    {
        var client = (await cluster.QueryAsync("{.items[0].metadata.name}", "pods", "-l", "role=master"))[0];
        var address = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "frontend"))[0];
        var load = await new ConstantLoad(cluster, client, workers: 2).DuringAsync(address, 80, Frontends, async () =>
        {
            foreach (var mode in modes)
            {
                (await cluster.ViaductAsync("proxy-mode", mode)).Succeed();
                await AssertServesByAsync(cluster, mode);
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Answered} answered");
        Assert.Empty(load.Lost);
    }

    private static async Task AssertServesByAsync(TestCluster cluster, string mode)
    {
        var status = JsonDocument.Parse((await cluster.ViaductAsync("status", "-o", "json")).Succeed()).RootElement;
        Assert.All(status.GetProperty("nodes").EnumerateArray(), n => Assert.Equal(mode, n.GetProperty("proxyMode").GetString()));
    }

    private static async Task AssertEveryServiceAnswersAsync(TestCluster cluster)
    {
        var results = await cluster.CheckAsync();
        Assert.All(results, r => Assert.Equal("Reached", r.GetProperty("verdict").GetString()));
        foreach (var service in new[] { "frontend", "redis-master", "redis-replica" })
            Assert.Contains(results, r => r.GetProperty("service").GetString() == $"default/{service}");
        Assert.Contains(results, r => r.GetProperty("sourceKind").GetString() == "outside" && r.GetProperty("service").GetString() == "default/frontend");
    }
}
