using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary><c>viaduct service</c>: a Service as the proxy wants it and as the kernel has it.</summary>
public class ServiceCommandTests
{
    private const int Requests = 9;

    public static TheoryData<string> Actors => Actor.Names;

    private static string Manifest => Path.Combine(Actor.SampleDirectory, "myapp.yaml");

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_Service_is_the_same_in_proxy_and_kernel_and_its_counter_grows_with_requests(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Manifest);
        var pods = await cluster.QueryAsync("{range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName} {end}", "pods", "-l", "app=MyApp");
        var client = pods.Chunk(3).First(p => p[2] == "node-1")[0];
        var clusterIP = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "my-service"))[0];
        var before = await ReadAsync(cluster, "my-service");

        Assert.True(before.GetProperty("isEqual").GetBoolean());
        Assert.Equal("node-1", before.GetProperty("node").GetString());
        var frontend = Frontend(before);
        Assert.Equal(($"{clusterIP}:80/tcp", "ClusterIP"), (frontend.GetProperty("frontend").GetString(), frontend.GetProperty("role").GetString()));
        var addresses = pods.Chunk(3).Select(p => $"{p[1]}:9376").Order().ToArray();
        foreach (var side in new[] { "proxy", "kernel" })
        {
            Assert.Equal("goto fan-out-3", frontend.GetProperty(side).GetProperty("verdict").GetString());
            Assert.Equal(addresses, frontend.GetProperty(side).GetProperty("endpoints").EnumerateArray().Select(e => e.GetString()).Order());
        }

        await cluster.ScriptAsync(client, GuestbookTests.TcpRequests(clusterIP, 80, Requests));
        Assert.Equal(Packets(before) + Requests, Packets(await ReadAsync(cluster, "default/my-service")));
        Assert.Equal(Packets(before), Packets(await ReadAsync(cluster, "my-service", "--node", "node-2")));
    }

    [Theory]
    [InlineData("root", "iptables")]
    [InlineData("root", "userspace")]
    [InlineData("user", "userspace")]
    public async Task In_other_modes_the_kernels_side_is_shown_in_the_modes_own_words(string actor, string mode)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--proxy-mode", mode, "--apply", Manifest);
        var pods = await cluster.QueryAsync("{range .items[*]}{.metadata.name} {.spec.nodeName} {end}", "pods", "-l", "app=MyApp");
        var clusterIP = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "my-service"))[0];
        await cluster.ScriptAsync(pods.Chunk(2).First(p => p[1] == "node-1")[0], GuestbookTests.TcpRequests(clusterIP, 80, Requests));

        var report = await ReadAsync(cluster, "my-service");

        Assert.Equal((mode, true), (report.GetProperty("mode").GetString(), report.GetProperty("isEqual").GetBoolean()));
        var items = Assert.Single(report.GetProperty("ports").EnumerateArray()).GetProperty("items").EnumerateArray().ToArray();
        var first = items.First(i => i.GetProperty("what").GetString() == (mode == "iptables" ? "nat KUBE-SERVICES" : $"{clusterIP}:80/tcp: verdict"));
        Assert.Equal((ulong)Requests, first.GetProperty("traffic").GetProperty("packets").GetUInt64());
        var text = (await cluster.ViaductAsync("service", "my-service")).Succeed();
        Assert.Contains("The kernel of node-1 has what its proxy wants.", text, StringComparison.Ordinal);
        Assert.Contains(mode == "iptables" ? "KUBE-SVC-" : "listens on", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task People_see_both_sides_and_mistakes_in_names_are_answered_with_the_right_ones(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Manifest);

        var text = (await cluster.ViaductAsync("service", "my-service")).Succeed();
        Assert.Contains("The kernel of node-1 has what its proxy wants.", text);
        Assert.DoesNotContain("!", text);

        var unknown = await cluster.ViaductAsync("service", "my-servcie");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("did you mean default/my-service?", unknown.Error);

        var node = await cluster.ViaductAsync("service", "my-service", "--node", "node-9");
        Assert.Equal(1, node.ExitCode);
        Assert.Contains("--node takes one of: node-1, node-2", node.Error);
    }

    private static async Task<JsonElement> ReadAsync(TestCluster cluster, string service, params string[] options) =>
        JsonDocument.Parse((await cluster.ViaductAsync("service", [service, "-o", "json", .. options])).Succeed()).RootElement;

    private static JsonElement Frontend(JsonElement report) => Assert.Single(Assert.Single(report.GetProperty("ports").EnumerateArray()).GetProperty("frontends").EnumerateArray());

    private static ulong Packets(JsonElement report) => Frontend(report).GetProperty("traffic").GetProperty("packets").GetUInt64();
}
