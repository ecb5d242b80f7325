using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>The benchmark of the proxy's modes, as small as it can be: not how fast they are, but that each is measured.</summary>
public class BenchModesTests
{
    [Fact]
    public async Task Every_mode_that_the_machine_can_do_is_measured_and_every_other_is_named()
    {
        var root = Actor.Named("root");
        root.Require();

        var report = JsonDocument.Parse((await root.RunAsync(["bench", "modes", "--services", "3", "--rounds", "1", "-o", "json"])).Succeed()).RootElement;

        var ways = report.GetProperty("sizes")[0].GetProperty("ways").EnumerateArray().ToDictionary(w => w.GetProperty("way").GetString()!);
        var skipped = report.GetProperty("skipped").EnumerateArray().ToDictionary(w => w.GetProperty("way").GetString()!);
        Assert.Equal(["direct", "iptables-legacy", "iptables-nft", "ipvs", "nftables", "userspace"], ways.Keys.Concat(skipped.Keys).Order());
        Assert.All(skipped.Values, s => Assert.NotEmpty(s.GetProperty("reason").GetString()!));
        Assert.All(ways.Values, w => Assert.All(["requestsPerSecond", "connectionsPerSecond"], rate => Assert.True(w.GetProperty(rate).GetDouble() > 0)));
        Assert.All(ways.Values.Where(w => w.GetProperty("way").GetString() != "direct"), w => Assert.True(w.GetProperty("fullWriteSeconds").GetDouble() > 0));
        // Each request is received and sent twice by the proxy, and by nobody but the kernel otherwise.
        Assert.All(ways, w => Assert.True(Calls(w.Value) is null || (w.Key == "userspace" ? Calls(w.Value) >= 4 : Calls(w.Value) < 4)));
        Assert.Empty(HostState.Processes());
    }

    [Theory]
    [InlineData("--services", "0", "--services must be between 1 and 40000.")]
    [InlineData("--rounds", "0", "--rounds must be between 1 and 1000.")]
    public async Task A_number_out_of_range_is_refused_in_one_sentence(string option, string value, string sentence)
    {
        var result = await Actor.Named("user").RunAsync(["bench", "modes", option, value]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(sentence, result.Error);
    }

    private static double? Calls(JsonElement way) =>
        way.GetProperty("request").GetProperty("proxySystemCalls") is { ValueKind: JsonValueKind.Number } calls ? calls.GetDouble() : null;
}
