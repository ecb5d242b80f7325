using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Health;
using Viaduct.Tests.Fakes;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Proxy.Server;

public class ProxyHealthTests
{
    private readonly Dictionary<IPFamily, DateTimeOffset> waiting = [];
    private readonly ManualTime time = new();
    private readonly List<(bool Live, int Status)> counted = [];
    private readonly ProxyHealth health;
    private readonly HealthPages pages;

    public ProxyHealthTests()
    {
        health = new ProxyHealth([IPFamily.IPv4, IPFamily.IPv6], TimeSpan.FromSeconds(60), time);
        health.WaitingSince = f => waiting.TryGetValue(f, out var since) ? since : null;
        pages = new HealthPages(health, (live, status) => counted.Add((live, status)));
    }

    private (int Healthz, int Livez) Status => (pages.Answer("/healthz").Status, pages.Answer("/livez").Status);

    [Fact]
    public void It_is_healthy_from_the_start() => Assert.Equal((200, 200), Status);

    [Fact]
    public void A_change_that_waits_too_long_makes_it_stale_until_both_families_have_it()
    {
        waiting[IPFamily.IPv4] = waiting[IPFamily.IPv6] = time.GetUtcNow();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal((200, 200), Status);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((503, 503), Status);
        waiting.Remove(IPFamily.IPv4);
        Assert.Equal((503, 503), Status);
        waiting.Remove(IPFamily.IPv6);
        Assert.Equal((200, 200), Status);
    }

    [Theory]
    [InlineData(ProxyMode.Nftables, "nftables.syncPeriod")]
    [InlineData(ProxyMode.Iptables, "iptables.syncPeriod")]
    [InlineData(ProxyMode.Ipvs, "ipvs.syncPeriod")]
    public void Too_long_is_twice_the_sync_period_of_the_mode(ProxyMode mode, string field)
    {
        var configuration = ProxyConfiguration.Default.InMode(mode).With(field, TimeSpan.FromSeconds(20));
        var ofMode = ProxyHealth.For(configuration, [IPFamily.IPv4], time);
        var since = time.GetUtcNow();
        ofMode.WaitingSince = _ => since;
        time.Advance(TimeSpan.FromSeconds(39));
        Assert.True(ofMode.Report().IsHealthy);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(ofMode.Report().IsHealthy);
    }

    [Fact]
    public void A_node_that_goes_fails_healthz_only()
    {
        health.NodeChanged(new KubeNode());
        Assert.Equal((200, 200), Status);
        health.NodeChanged(new KubeNode { Spec = new NodeSpec { Taints = [new Taint { Key = "ToBeDeletedByClusterAutoscaler" }] } });
        Assert.Equal((503, 200), Status);
        health.NodeChanged(new KubeNode { Metadata = new ObjectMeta { DeletionTimestamp = time.GetUtcNow() } });
        Assert.Equal((503, 200), Status);
        health.NodeChanged(null);
        Assert.Equal((503, 200), Status);
        health.NodeChanged(new KubeNode { Spec = new NodeSpec { Taints = [new Taint { Key = "other" }] } });
        Assert.Equal((200, 200), Status);
    }

    [Fact]
    public void The_page_tells_each_family()
    {
        waiting[IPFamily.IPv6] = time.GetUtcNow();
        time.Advance(TimeSpan.FromSeconds(61));
        health.Applied(IPFamily.IPv4);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            """
            {"lastUpdated":"2026-01-01T00:01:01.0000000Z","currentTime":"2026-01-01T00:01:02.0000000Z","nodeEligible":true,"healthy":false,
            "status":{"IPv4":{"lastUpdated":"2026-01-01T00:01:02.0000000Z","healthy":true},"IPv6":{"lastUpdated":"0001-01-01T00:00:00Z","healthy":false}}}
            """.Replace("\n", "", StringComparison.Ordinal),
            pages.Answer("/healthz").Body);
        Assert.False(JsonNode.Parse(pages.Answer("/livez").Body)!.AsObject().ContainsKey("nodeEligible"));
        Assert.Equal([(false, 503), (true, 503)], counted);
    }

    [Fact]
    public void Other_pages_are_not_there() => Assert.Equal(404, pages.Answer("/").Status);
}
