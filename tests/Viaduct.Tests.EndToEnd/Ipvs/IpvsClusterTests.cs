using System.Text.Json;
using Viaduct.Tests.EndToEnd.Clusters;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Ipvs;

/// <summary>A cluster in ipvs mode, on a kernel that has it.</summary>
public class IpvsClusterTests
{
    private static readonly string[] s_nodes = ["node-1", "node-2"];

    [Fact]
    public async Task Guestbook_is_served_by_ipvs_from_everywhere()
    {
        Assert.SkipUnless(NodeRules.HasIpvs(), "Needs a kernel with IPVS.");
        var configuration = Path.Combine(Path.GetTempPath(), $"viaduct-{Guid.NewGuid():n}.yaml");
        // What pods send out of the cluster is masqueraded by nftables, which user-mode Linux lacks.
        await File.WriteAllTextAsync(configuration, "nonMasqueradeCidrs: [0.0.0.0/0]\n", TestContext.Current.CancellationToken);
        await using var cluster = await TestCluster.UpAsync(
            Actor.Named("root"), "--config", configuration, "--proxy-mode", "ipvs", "--apply", GuestbookTests.SharedManifest("guestbook.yaml"));
        File.Delete(configuration);
        await AssertServesByAsync(cluster, "ipvs");
        await AssertEveryServiceAnswersAsync(cluster);
    }

    private static async Task AssertServesByAsync(TestCluster cluster, string mode)
    {
        var status = JsonDocument.Parse((await cluster.ViaductAsync("status", "-o", "json")).Succeed()).RootElement;
        Assert.All(status.GetProperty("nodes").EnumerateArray(), n => Assert.Equal(mode, n.GetProperty("proxyMode").GetString()));
        foreach (var node in s_nodes)
            IpvsState.AssertOnlyOf(mode, await NodeRules.ScriptAsync(cluster.Name, node, IpvsState.Script));
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
