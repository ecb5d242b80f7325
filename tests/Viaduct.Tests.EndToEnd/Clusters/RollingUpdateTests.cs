using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>What clients of a Service notice while all of its pods are replaced: nothing.</summary>
public class RollingUpdateTests
{
    private const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: client}
        spec:
          nodeName: node-2
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: none}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          type: NodePort
          selector: {app: web}
          ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 20
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              nodeSelector: {kubernetes.io/hostname: node-1}
              containers: [{name: web, image: none, ports: [{containerPort: 8080}]}]
        """;

    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_rolling_update_of_twenty_pods_under_load_from_another_node_loses_no_request(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Manifest);
        await cluster.KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s");
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/client", "--timeout=30s");
        var before = await cluster.QueryAsync("{.items[*].metadata.name}", "pods", "-l", "app=web");
        var address = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "web"))[0];

        var load = await new ConstantLoad(cluster, "client").DuringAsync(address, 80, before.Length, async () =>
        {
            await cluster.KubectlAsync("rollout", "restart", "deployment/web");
            await cluster.KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s");
            await TestCluster.EventuallyAsync("the old pods are gone", async () =>
                !(await cluster.QueryAsync("{.items[*].metadata.name}", "pods", "-l", "app=web")).Intersect(before).Any());
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Answered} answered by {load.Servers.Length} pods");
        Assert.Empty(load.Lost);
        Assert.True(load.Servers.Except(before).Any(), "No new pod answered.");
    }
}
