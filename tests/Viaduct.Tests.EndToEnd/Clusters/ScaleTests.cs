using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

public class ScaleTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Ten_nodes_and_a_hundred_pods_come_up_and_reach_each_other(string actor)
    {
        var manifest = (await File.ReadAllTextAsync(Path.Combine(Actor.SampleDirectory, "myapp.yaml"), TestContext.Current.CancellationToken)).Replace("replicas: 3", "replicas: 100", StringComparison.Ordinal);
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--nodes", "10");

        await cluster.ApplyAsync(manifest);
        await cluster.KubectlAsync("wait", "--for=condition=Available", "deployment", "my-app", "--timeout=90s");
        await TestCluster.EventuallyAsync("all are ready", async () => await cluster.QueryAsync("{.status.readyReplicas}", "deployment", "my-app") is ["100"]);

        var nodes = await cluster.QueryAsync("{.items[*].spec.nodeName}", "pods");
        Assert.All(nodes.CountBy(n => n), n => Assert.Equal(10, n.Value));
        var addresses = await cluster.QueryAsync("{.items[*].status.podIP}", "pods");
        Assert.Equal(100, addresses.Distinct().Count());
        await cluster.CheckAsync();
    }
}
