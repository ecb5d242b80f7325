using System.Text.Json.Nodes;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Metrics;
using Viaduct.Proxy.Server;

namespace Viaduct.Tests.Proxy.Server;

public class ProxyPagesTests
{
    [Fact]
    public void The_configuration_and_the_mode_are_pages()
    {
        var pages = Pages(("--cluster-cidr", "10.0.0.0/8"));
        Assert.Equal((200, "nftables"), (pages.Answer("/proxyMode").Status, pages.Answer("/proxyMode").Body));
        var configuration = JsonNode.Parse(pages.Answer("/configz").Body)!["kubeproxy.config.k8s.io"]!;
        Assert.Equal("10.0.0.0/8", (string)configuration["clusterCIDR"]!);
        Assert.Equal(404, pages.Answer("/nowhere").Status);
    }

    [Fact]
    public void Health_answers_are_counted_as_service_level_indicators()
    {
        var pages = Pages();
        Assert.Equal((200, "ok"), (pages.Answer("/healthz").Status, pages.Answer("/healthz").Body));
        var lines = pages.Answer("/metrics/slis").Body.Split('\n').Where(l => !l.StartsWith('#') && l.Length > 0);
        Assert.Equal(
            [
                "kubernetes_healthcheck{name=\"ping\",type=\"healthz\"} 1",
                "kubernetes_healthchecks_total{name=\"ping\",status=\"success\",type=\"healthz\"} 2",
            ],
            lines);
    }

    [Theory]
    [InlineData("", 404, 404)]
    [InlineData("ComponentFlagz=true", 200, 404)]
    [InlineData("ComponentStatusz=true", 404, 200)]
    [InlineData("AllAlpha=true", 200, 200)]
    [InlineData("AllAlpha=true,ComponentFlagz=false", 404, 200)]
    public void Pages_of_alpha_gates_are_there_when_their_gate_is_on(string gates, int flagz, int statusz)
    {
        var pages = Pages(("--feature-gates", gates));
        Assert.Equal((flagz, statusz), (pages.Answer("/flagz").Status, pages.Answer("/statusz").Status));
    }

    [Fact]
    public void Every_flag_is_told_with_the_value_that_counts()
    {
        var lines = Pages(("--feature-gates", "ComponentFlagz=true"), ("--nodeport-addresses", "10.0.0.0/8,fd00::/8"), ("--conntrack-udp-timeout", "90s"))
            .Answer("/flagz").Body.Split('\n');
        Assert.Contains("feature-gates=ComponentFlagz=true", lines);
        Assert.Contains("nodeport-addresses=10.0.0.0/8,fd00::/8", lines);
        Assert.Contains("conntrack-udp-timeout=1m30s", lines);
        Assert.Contains("masquerade-all=false", lines);
        Assert.Equal(ProxyFlag.All.Length, lines.Count(l => l.Contains('=', StringComparison.Ordinal)));
    }

    [Fact]
    public void The_status_tells_versions_and_pages()
    {
        var text = Pages(("--feature-gates", "ComponentStatusz=true")).Answer("/statusz").Body;
        Assert.Matches("(?m)^Up: 0 hr 00 min \\d\\d sec$", text);
        Assert.Matches("(?m)^Binary version: \\d+\\.\\d+\\.\\d+$", text);
        Assert.Contains("Paths: /configz /healthz /metrics /proxyMode\n", text, StringComparison.Ordinal);
    }

    private static ProxyPages Pages(params (string Flag, string Value)[] flags)
    {
        var configuration = ProxyFlags.Apply(null, flags.ToDictionary(f => f.Flag, f => f.Value));
        return new(() => configuration, new ProxyMetrics(TimeProvider.System, () => ProxyMode.Nftables, withProcess: false));
    }
}
