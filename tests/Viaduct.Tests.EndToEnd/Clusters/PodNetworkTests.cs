using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>
/// The plan of the picture in docs/architecture.md (VPC 192.168.0.0/16, two vSwitches in two zones, pods 172.20.0.0/16, Services 172.21.0.0/20) with each
/// backend and IP family. Three nodes, so that one other is in the same vSwitch and one behind the router.
/// </summary>
public class PodNetworkTests
{
    public static MatrixTheoryData<string, string> Networks => new(["host-gw", "vxlan", "auto", "vpc"], ["ipv4", "ipv6", "dual"]);

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task Everything_reaches_everything_over_two_zones(string backend, string family)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named("root"), Options(backend, family));
        await EverythingReachesEverythingAsync(cluster, family == "dual" ? 2 : 1);
    }

    // An ordinary user has a user namespace in between: other rights to settings and devices, one pass through all that differs.
    [Theory]
    [InlineData("host-gw", "ipv6")]
    [InlineData("auto", "dual")]
    public async Task An_ordinary_user_has_the_same_network(string backend, string family)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named("user"), Options(backend, family));
        await EverythingReachesEverythingAsync(cluster, family == "dual" ? 2 : 1);
    }

    [Fact]
    public async Task A_configuration_file_says_it_all()
    {
        var file = Path.Combine(Path.GetTempPath(), $"viaduct-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(
            file,
            """
            nodes: 2
            backend: vxlan
            vSwitches: [{zone: x, cidr: 192.168.32.0/19}, {zone: y, cidr: 192.168.96.0/19}]
            podCidr: 172.22.0.0/16
            nodeMask: 26
            vxlan: {vni: 42, port: 8472}
            """,
            TestContext.Current.CancellationToken);
        try
        {
            await using var cluster = await TestCluster.UpAsync(Actor.Named("root"), "--config", file);
            await EverythingReachesEverythingAsync(cluster, 1);
            Assert.Equal(["172.22.0.0/26", "172.22.0.64/26"], (await cluster.QueryAsync("{.items[*].spec.podCIDR}", "nodes")).Order());
            Assert.Equal(["x", "y"], (await cluster.QueryAsync("{.items[*].metadata.labels.topology\\.kubernetes\\.io/zone}", "nodes")).Order());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string[] Options(string backend, string family) => ["--nodes", "3", "--backend", backend, "--ip-family", family];

    private static async Task EverythingReachesEverythingAsync(TestCluster cluster, int families)
    {
        await cluster.ApplyAsync(Workload(families));
        await cluster.KubectlAsync("wait", "--for=condition=Available", "deployment", "web", "--timeout=60s");
        var probes = await cluster.CheckAsync();
        Assert.All(probes, p => Assert.Equal("Reached", p.GetProperty("verdict").GetString()));
        // The node port of each node from each pod, node and the outside; the ClusterIP from all but the last.
        var web = probes.Where(p => p.GetProperty("service").GetString() == "default/web").ToList();
        var (nodes, sources) = ((await cluster.QueryAsync("{.items[*].metadata.name}", "nodes")).Length, Names(web, "source").Count);
        Assert.Equal(families * 2 * ((nodes * sources) + sources - 1), web.Count);
        await PodsReachPodsAsync(cluster);
    }

    // Not through a Service: the pod's own addresses, from each pod to each, and the answer says that nobody translated the source.
    private static async Task PodsReachPodsAsync(TestCluster cluster)
    {
        var pods = await PodsAsync(cluster);
        Assert.True(pods.Select(p => p.Node).Distinct().Count() > 1);
        foreach (var from in pods)
        {
            var script = string.Concat(pods.SelectMany(p => p.Addresses).Select(a => $"exec 3<>/dev/tcp/{a}/80; echo hello >&3; grep -m1 client: <&3; "));
            var clients = (await cluster.ScriptAsync(from.Name, script)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(pods.Sum(p => p.Addresses.Length), clients.Length);
            Assert.All(clients, c => Assert.Contains(from.Addresses, a => c.Contains(a, StringComparison.Ordinal)));
        }
    }

    private static HashSet<string> Names(IEnumerable<JsonElement> probes, string field) => [.. probes.Select(p => p.GetProperty(field).GetString()!)];

    private static async Task<List<PodPlace>> PodsAsync(TestCluster cluster)
    {
        using var document = JsonDocument.Parse(await cluster.KubectlAsync("get", "pods", "-o", "json"));
        return
        [
            .. from pod in document.RootElement.GetProperty("items").EnumerateArray()
               select new PodPlace(
                   pod.GetProperty("metadata").GetProperty("name").GetString()!,
                   pod.GetProperty("spec").GetProperty("nodeName").GetString()!,
                   [.. pod.GetProperty("status").GetProperty("podIPs").EnumerateArray().Select(a => a.GetProperty("ip").GetString()!)]),
        ];
    }

    private static string Workload(int families) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web} }
          template:
            metadata: {labels: {app: web} }
            spec:
              containers:
                - {name: c, image: nginx, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          type: NodePort
          ipFamilyPolicy: {{(families == 2 ? "RequireDualStack" : "SingleStack")}}
          selector: {app: web}
          ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]
        """;

    private sealed record PodPlace(string Name, string Node, string[] Addresses);
}
