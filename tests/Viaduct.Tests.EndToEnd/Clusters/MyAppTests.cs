using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>Three pods of app=MyApp on port 9376 behind a Service: samples/myapp.yaml.</summary>
public class MyAppTests
{
    public static TheoryData<string> Actors => Actor.Names;

    private static string Manifest => Path.Combine(Actor.SampleDirectory, "myapp.yaml");

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_deleted_pod_leaves_the_Service_before_its_replacement_joins(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Manifest);
        var before = await ReadyAddressesAsync(cluster);
        Assert.Equal(3, before.Length);
        var victim = (await cluster.QueryAsync("{.items[0].metadata.name} {.items[0].status.podIP}", "pods", "-l", "app=MyApp"));

        using var watch = Shell.Start("kubectl", ["--kubeconfig", (await cluster.ViaductAsync("kubeconfig", "--path")).Output.Trim(),
            "get", "endpoints", "my-service", "-w", "--no-headers", "-o", "custom-columns=IP:.subsets[*].addresses[*].ip"]);
        var first = await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains(victim[1], first);
        await cluster.KubectlAsync("delete", "pod", victim[0]);
        var states = new List<string[]>();
        do
        {
            var line = await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            states.Add(line!.Trim().Split(','));
        }
        while (states[^1].Length != 3 || states[^1].Contains(victim[1]));
        watch.Kill();

        // Every state that shows a new address is without the old one.
        Assert.Contains(states, s => s.Length == 2);
        Assert.All(states.Where(s => s.Except(before).Any()), s => Assert.DoesNotContain(victim[1], s));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Check_takes_the_refusal_of_UDP_without_endpoints_for_right_from_the_nodes_too(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Service
            metadata: {name: nobody}
            spec:
              type: NodePort
              selector: {app: nobody}
              ports: [{port: 53, protocol: UDP}]
            """);

        var fromNode = (await cluster.CheckAsync()).Where(r => r.GetProperty("service").GetString() == "default/nobody" && r.GetProperty("sourceKind").GetString() == "node").ToList();

        Assert.Equal(6, fromNode.Count);
        Assert.All(fromNode, r => Assert.Equal("RefusedAsItShould", r.GetProperty("verdict").GetString()));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Scaled_to_zero_the_Service_refuses_at_once_and_scaled_to_five_all_answer(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Manifest);
        await cluster.ApplyAsync(Pods.Idle("client"));
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/client", "--timeout=30s");
        var address = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "my-service"))[0];

        await cluster.KubectlAsync("scale", "deployment", "my-app", "--replicas=0");
        await TestCluster.EventuallyAsync("no endpoint is left", async () => (await ReadyAddressesAsync(cluster)).Length == 0);
        var refused = await cluster.ViaductAsync("exec", "client", "--", "bash", "-c", $"time timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/80'");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Connection refused", refused.Error);

        await cluster.KubectlAsync("scale", "deployment", "my-app", "--replicas=5");
        await TestCluster.EventuallyAsync("five endpoints", async () => (await ReadyAddressesAsync(cluster)).Length == 5);
        var answers = await cluster.ScriptAsync("client", GuestbookTests.TcpRequests(address, 80, 100));
        Assert.Equal(5, GuestbookTests.PodsOf(answers).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Pod_traffic_keeps_the_pods_address_and_traffic_to_the_outside_shows_the_nodes(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Manifest);
        var pods = await cluster.QueryAsync("{range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName} {.status.hostIP} {end}", "pods", "-l", "app=MyApp");
        var table = pods.Chunk(4).Select(p => (Name: p[0], Address: p[1], Node: p[2], HostAddress: p[3])).ToArray();
        var client = table.GroupBy(p => p.Node).Single(g => g.Count() == 2).First();
        var sameNode = table.Single(p => p.Node == client.Node && p != client);
        var otherNode = table.Single(p => p.Node != client.Node);

        foreach (var server in new[] { sameNode, otherNode })
            Assert.Contains($"client: {client.Address}:", await cluster.ScriptAsync(client.Name, GuestbookTests.TcpRequests(server.Address, 9376, 1)));
        Assert.Contains($"client: {client.HostAddress}:", await cluster.ScriptAsync(client.Name, GuestbookTests.TcpRequests("203.0.113.10", 9376, 1)));
    }

    private static Task<string[]> ReadyAddressesAsync(TestCluster cluster) =>
        cluster.QueryAsync("{.subsets[*].addresses[*].ip}", "endpoints", "my-service");
}
