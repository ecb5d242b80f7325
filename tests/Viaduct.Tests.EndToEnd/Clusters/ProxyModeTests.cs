using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>How Services are served: chosen at the start, and changed while they are used.</summary>
public class ProxyModeTests
{
    private const int Replicas = 4;

    private static readonly string s_manifest = $$$"""
        {{{Pods.Idle("client")}}}
          nodeName: node-2
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
          replicas: {{{Replicas}}}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: web, image: none, ports: [{containerPort: 8080}]}]
        """;

    public static TheoryData<string> Actors => Actor.Names;

    // ipvs has tests of its own, for user-mode Linux, whose kernel has it.
    public static MatrixTheoryData<string, string> ActorsAndModes => new(["root", "user"], ["nftables", "iptables", "userspace"]);

    [Theory]
    [MemberData(nameof(ActorsAndModes))]
    public async Task Services_answer_from_everywhere_in_the_mode_that_the_cluster_was_started_with(string actor, string mode)
    {
        await using var cluster = await UpAsync(actor, mode);

        await AssertServesByAsync(cluster, mode);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_change_of_mode_under_load_loses_no_request_and_leaves_nothing_of_the_former_one(string actor)
    {
        await using var cluster = await UpAsync(actor, "nftables");
        var clusterIP = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "web"))[0];
        var node = (await cluster.QueryAsync("{.status.addresses[0].address}", "node", "node-1"))[0];

        LoadResult? onNodePort = null;
        var onClusterIP = await new ConstantLoad(cluster, "client").DuringAsync(clusterIP, 80, Replicas, async () =>
            onNodePort = await new ConstantLoad(cluster, "client").DuringAsync(node, 30080, Replicas, async () =>
            {
                foreach (var mode in new[] { "iptables", "userspace", "nftables" })
                {
                    TestContext.Current.TestOutputHelper?.WriteLine($"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0:0.000} s: to {mode}");
                    (await cluster.ViaductAsync("proxy-mode", mode)).Succeed();
                    TestContext.Current.TestOutputHelper?.WriteLine($"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0:0.000} s: changed");
                    await AssertServesByAsync(cluster, mode);
                }
            }));

        TestContext.Current.TestOutputHelper?.WriteLine($"{onClusterIP.Answered} answered by the cluster IP, {onNodePort!.Answered} by the node port");
        Assert.Empty(onClusterIP.Lost);
        Assert.Empty(onNodePort!.Lost);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_node_that_starts_again_serves_by_the_mode_that_the_cluster_was_changed_to(string actor)
    {
        await using var cluster = await UpAsync(actor, "userspace");
        (await cluster.ViaductAsync("proxy-mode", "nftables")).Succeed();

        NodeRules.KillProcess(cluster.Name, "node-1");

        await TestCluster.EventuallyAsync("node-1 has started again", async () => (await StatusAsync(cluster)).GetProperty("processes").EnumerateArray()
            .Any(p => p.GetProperty("name").GetString() == "node-1" && p.GetProperty("restarts").GetInt32() == 1));
        await TestCluster.EventuallyAsync("node-1 answers", async () => (await ModesAsync(cluster)).All(m => m is not null));
        await AssertServesByAsync(cluster, "nftables");
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_change_that_is_killed_at_any_moment_leaves_every_service_answering_and_the_next_one_finishes_it(string actor)
    {
        await using var cluster = await UpAsync(actor, "nftables");
        var (file, arguments) = Actor.Named(actor).CommandLine(["proxy-mode", "iptables", "--name", cluster.Name]);
        // While it begins, while one node or the other changes, and when it is done.
        foreach (var milliseconds in new[] { 20, 60, 120, 240, 480 })
        {
            using var change = Shell.Start(file, arguments, Actor.Named(actor).Environ);
            await Task.Delay(milliseconds, TestContext.Current.CancellationToken);
            change.Kill();
            await change.WaitForExitAsync(TestContext.Current.CancellationToken);
            await AssertWebAnswersAsync(cluster);
            (await cluster.ViaductAsync("proxy-mode", "nftables")).Succeed();
            await AssertServesByAsync(cluster, "nftables");
        }
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_mode_that_there_is_not_is_refused_in_one_sentence(string actor)
    {
        const string sentence = "\"ebpf\" is no proxy mode; take one of: nftables, iptables, ipvs, userspace";
        await AssertUpRefusesAsync(actor, "ebpf", sentence);
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));

        AssertRefused(await cluster.ViaductAsync("proxy-mode", "ebpf"), sentence);

        Assert.Equal(["nftables", "nftables"], await ModesAsync(cluster));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Without_IPVS_in_the_kernel_its_mode_is_refused_in_one_sentence_and_the_former_one_stays(string actor)
    {
        Assert.SkipWhen(NodeRules.HasIpvs(), "Needs a kernel without IPVS.");
        await AssertUpRefusesAsync(actor, "ipvs", "This machine cannot serve Services in mode ipvs: The kernel has no IPVS");
        await using var cluster = await UpAsync(actor, "nftables");

        AssertRefused(await cluster.ViaductAsync("proxy-mode", "ipvs"), "node-1: This machine cannot serve Services in mode ipvs: The kernel has no IPVS");

        await AssertServesByAsync(cluster, "nftables");
    }

    [Theory]
    [InlineData("ipv6")]
    [InlineData("dual")]
    public async Task Without_ip6tables_a_cluster_with_IPv6_is_refused_in_mode_iptables(string family)
    {
        const string directory = "/usr/sbin";
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Needs root: mounts, in a mount namespace of its own.");
        Assert.SkipUnless(File.Exists($"{directory}/ip6tables-restore") && new DirectoryInfo(directory).LinkTarget is null, $"Needs iptables in {directory}.");
        var without = Directory.CreateTempSubdirectory("viaduct-e2e-sbin-").FullName;
        const string script = "cp -a /usr/sbin/iptables* /usr/sbin/xtables* \"$0\" && mount --bind \"$0\" /usr/sbin && exec \"$@\"";

        var result = await Shell.RunAsync("unshare", ["--mount", "sh", "-c", script, without, Actor.Program, "up", "--name", TestCluster.NextName(), "--proxy-mode", "iptables", "--ip-family", family]);
        Directory.Delete(without, recursive: true);

        AssertRefused(result, "This machine cannot serve Services in mode iptables: The program ip6tables is missing");
        Assert.Empty(HostState.Processes());
    }

    private static async Task<TestCluster> UpAsync(string actor, string mode)
    {
        var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--proxy-mode", mode);
        await cluster.ApplyAsync(s_manifest);
        await cluster.KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s");
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/client", "--timeout=30s");
        return cluster;
    }

    private static async Task AssertServesByAsync(TestCluster cluster, string mode)
    {
        Assert.Equal([mode, mode], await ModesAsync(cluster));
        foreach (var node in new[] { "node-1", "node-2" })
            await NodeRules.AssertOnlyOfAsync(cluster, node, mode);
        await AssertWebAnswersAsync(cluster);
    }

    private static async Task AssertWebAnswersAsync(TestCluster cluster)
    {
        var web = (await cluster.CheckAsync()).Where(r => r.GetProperty("service").GetString() == "default/web").ToList();
        Assert.All(web, r => Assert.Equal("Reached", r.GetProperty("verdict").GetString()));
        Assert.Equal(["node", "outside", "pod"], web.Select(r => r.GetProperty("sourceKind").GetString()).Distinct().Order());
    }

    private static async Task AssertUpRefusesAsync(string actor, string mode, string sentence)
    {
        var who = Actor.Named(actor);
        who.Require();
        var name = TestCluster.NextName();

        AssertRefused(await who.RunAsync(["up", "--name", name, "--proxy-mode", mode]), sentence);

        Assert.Empty(HostState.Processes());
        Assert.Contains("There is no cluster", (await who.RunAsync(["down", "--name", name])).Succeed());
    }

    private static void AssertRefused(ShellResult result, string sentence)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.StartsWith($"error: {sentence}", Assert.Single(result.Error.Split('\n'), line => line.Length > 0 && !line.StartsWith("  Changing", StringComparison.Ordinal)));
    }

    private static async Task<JsonElement> StatusAsync(TestCluster cluster) =>
        JsonDocument.Parse((await cluster.ViaductAsync("status", "-o", "json")).Succeed()).RootElement;

    private static async Task<string?[]> ModesAsync(TestCluster cluster) =>
        [.. (await StatusAsync(cluster)).GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("proxyMode").GetString())];
}
