using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>kubectl's everyday verbs against the embedded API.</summary>
public class KubectlTests
{
    [Fact]
    public async Task Get_shows_the_columns_that_people_know()
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named("root"), "--apply", Path.Combine(Actor.SampleDirectory, "myapp.yaml"));

        var wide = await cluster.KubectlAsync("get", "pods", "-o", "wide");
        foreach (var column in new[] { "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE" })
            Assert.Contains(column, wide);
        Assert.Contains("1/1", wide);
        Assert.Contains("Running", wide);
        Assert.Contains("my-service", await cluster.KubectlAsync("get", "services"));
        Assert.Contains("Ready", await cluster.KubectlAsync("get", "nodes"));
        Assert.Contains("kind: Deployment", await cluster.KubectlAsync("get", "deployment", "my-app", "-o", "yaml"));
        Assert.Contains("3/3", await cluster.KubectlAsync("get", "deployments"));
    }

    [Fact]
    public async Task Deleting_what_was_applied_leaves_only_what_was_there_before()
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named("root"), "--apply", Path.Combine(Actor.SampleDirectory, "myapp.yaml"));

        await cluster.KubectlAsync("delete", "-f", Path.Combine(Actor.SampleDirectory, "myapp.yaml"));

        await TestCluster.EventuallyAsync("pods and slices are gone", async () =>
            (await cluster.QueryAsync("{.items[*].metadata.name}", "pods,replicasets,deployments")).Length == 0
            && (await cluster.QueryAsync("{.items[*].metadata.name}", "endpointslices")) is ["kubernetes"]);
    }

    [Fact]
    public async Task A_changed_template_rolls_all_pods_over()
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named("root"), "--apply", Path.Combine(Actor.SampleDirectory, "myapp.yaml"));
        var before = await cluster.QueryAsync("{.items[*].metadata.name}", "pods");

        await cluster.KubectlAsync("set", "env", "deployment/my-app", "COLOR=blue");
        await cluster.KubectlAsync("rollout", "status", "deployment/my-app", "--timeout=60s");

        await TestCluster.EventuallyAsync("the old pods are gone", async () =>
            (await cluster.QueryAsync("{.items[*].metadata.name}", "pods")) is { Length: 3 } now && !now.Intersect(before).Any());
        await cluster.CheckAsync();
    }
}
