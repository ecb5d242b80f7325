using System.Text.Json;
using Viaduct.Tests.EndToEnd.Clusters;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary><c>viaduct bench proxy</c> against a cluster that is there already.</summary>
public class ProxyBenchTests
{
    private const int Services = 12, Endpoints = 3, Changes = 5;

    [Fact]
    public async Task It_measures_with_a_clusters_API_and_leaves_the_cluster_as_it_was()
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named("root"));
        var kubeconfig = (await cluster.ViaductAsync("kubeconfig", "--path")).Succeed().Trim();

        // A proxy that does not find its node waits half a minute at each of its two starts, and everything measured is wrong.
        var output = (await cluster.Actor.RunAsync(
            ["bench", "proxy", "--kubeconfig", kubeconfig, "--services", $"{Services}", "--endpoints", $"{Endpoints}", "--changes", $"{Changes}", "-o", "json"], seconds: 60)).Succeed();

        var report = JsonDocument.Parse(output).RootElement;
        Assert.True(report.GetProperty("sustainedComplete").GetBoolean());
        Assert.Equal(Changes, report.GetProperty("changes").GetInt32());
        // And those of the cluster's own Service "kubernetes".
        Assert.Equal((Services * Endpoints) + 1, report.GetProperty("kernelEndpoints").GetInt32());
        Assert.Equal(0, report.GetProperty("restartElementsWritten").GetInt32());
        // Not those from the event to the commit: on a busy machine the proxy may have done its work before the benchmark sees the event.
        Assert.All(
            (string[])["fullWriteSeconds", "restartSeconds", "requestToCommitP50Milliseconds", "requestToCommitP99Milliseconds", "residentMegabytes"],
            key => Assert.True(report.GetProperty(key).GetDouble() > 0, key));
        await TestCluster.EventuallyAsync("its namespace is gone", async () => !(await cluster.QueryAsync("{.items[*].metadata.name}", "namespaces")).Any(n => n.StartsWith("viaduct-bench", StringComparison.Ordinal)));
        Assert.Equal(["kubernetes"], await cluster.QueryAsync("{.items[*].metadata.name}", "services", "--all-namespaces"));
        await cluster.CheckAsync();
    }
}
