using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>A manifest from the wild, as it is.</summary>
public class GuestbookTests
{
    private const int Requests = 60;

    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Guestbook_runs_and_every_Service_answers_from_everywhere(string actor)
    {
        var manifest = SharedManifest("guestbook.yaml");
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--nodes", "2");

        await cluster.KubectlAsync("apply", "-f", manifest);
        await cluster.KubectlAsync("wait", "--for=condition=Available", "deployment", "--all", "--timeout=60s");

        Assert.All(await cluster.QueryAsync("{.items[*].status.phase}", "pods"), phase => Assert.Equal("Running", phase));
        Assert.Equal(["node-1", "node-2"], (await cluster.QueryAsync("{.items[*].spec.nodeName}", "pods")).Distinct().Order());
        var results = await cluster.CheckAsync();
        foreach (var node in new[] { "node-1", "node-2" })
        {
            Assert.Contains(results, r => r.GetProperty("sourceKind").GetString() == "outside" && r.GetProperty("via").GetString() == node
                && r.GetProperty("service").GetString() == "default/frontend" && r.GetProperty("verdict").GetString() == "Reached");
            Assert.Contains(results, r => r.GetProperty("source").GetString() == node && r.GetProperty("service").GetString() == "default/redis-master");
        }
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Requests_spread_over_all_backends(string actor)
    {
        var manifest = SharedManifest("guestbook.yaml");
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", manifest);
        var client = (await cluster.QueryAsync("{.items[0].metadata.name}", "pods", "-l", "role=master"))[0];
        var address = (await cluster.QueryAsync("{.spec.clusterIP}", "service", "frontend"))[0];

        var answers = await cluster.ScriptAsync(client, TcpRequests(address, 80, Requests));

        var counts = PodsOf(answers).CountBy(pod => pod).ToDictionary();
        Assert.Equal(Requests, counts.Values.Sum());
        Assert.Equal(3, counts.Count);
        // 60 fair choices among 3 give one of them fewer than 6 with a chance below one in 100,000.
        Assert.All(counts.Values, n => Assert.True(n >= 6, $"One backend got {n} of {Requests} requests."));
    }

    internal static string TcpRequests(string address, int port, int requests) =>
        $"for i in $(seq {requests}); do exec 3<>/dev/tcp/{address}/{port} || exit 1; echo hello >&3; cat <&3; exec 3>&-; done";

    internal static IEnumerable<string> PodsOf(string answers) =>
        answers.Split('\n').Where(line => line.StartsWith("pod: ", StringComparison.Ordinal)).Select(line => line[5..].Trim());

    internal static string SharedManifest(string name)
    {
        var path = Path.Combine(Actor.RepositoryRoot(), "..", "shared", "manifests", name);
        Assert.SkipUnless(File.Exists(path), $"Needs the manifest {name} beside the checkout, which is not there.");
        return path;
    }
}
