using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary><c>viaduct routes</c> as a process of its own, as on a node of somebody else's cluster.</summary>
public class RoutesCommandTests
{
    private static readonly Actor s_root = Actor.Named("root");

    // The benchmark starts it with a kubeconfig in a namespace of its own, and ends with failure if a route does not come, go or return.
    [Theory]
    [InlineData("host-gw")]
    [InlineData("auto")]
    public async Task It_keeps_the_routes_to_all_nodes_and_finds_them_right_after_a_restart(string backend)
    {
        s_root.Require();
        var output = (await s_root.RunAsync(["bench", "routes", "--nodes", "20", "--changes", "6", "--backend", backend, "-o", "json"])).Succeed();
        using var report = JsonDocument.Parse(output);
        Assert.Equal((20, 6, 0), (Number("nodes"), Number("changes"), Number("restartRoutesWritten")));

        int Number(string field) => report.RootElement.GetProperty(field).GetInt32();
    }

    [Theory]
    [InlineData("--masquerade needs --cluster-cidr", "--masquerade")]
    [InlineData("--cluster-cidr: \"10.244.1.0/16\" has bits set beyond /16; the range is 10.244.0.0/16", "--masquerade", "--cluster-cidr", "10.244.1.0/16")]
    [InlineData("No API server is known: give --kubeconfig or --master", "--backend", "vxlan")]
    [InlineData("The kubeconfig /no/such cannot be read", "--kubeconfig", "/no/such")]
    [InlineData("--vni must be between 1 and 16777215.", "--vni", "0")]
    [InlineData("'gre' not recognized", "--backend", "gre")]
    public async Task What_it_cannot_do_is_told_in_a_sentence(string sentence, params string[] options)
    {
        var result = await s_root.RunAsync(["routes", .. options]);
        Assert.Equal(1, result.ExitCode);
        // The console breaks long lines.
        Assert.Contains(sentence, result.Error.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
