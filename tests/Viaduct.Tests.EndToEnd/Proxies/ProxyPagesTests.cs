using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>The pages of the program <c>viaduct proxy</c>, which monitoring and load balancers look at.</summary>
public class ProxyPagesTests
{
    private const int Health = 10256, Metrics = 10249;

    [Fact]
    public async Task Its_pages_tell_health_mode_metrics_and_configuration_on_kube_proxys_ports()
    {
        await using var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);
        var proxy = await node.Start("--cluster-cidr", "10.1.0.0/16").ServingAsync();

        Assert.True((bool?)Json(await Page(proxy, Health, "/healthz"))["healthy"]);
        Assert.True((bool?)Json(await Page(proxy, Health, "/livez"))["healthy"]);
        Assert.Equal("nftables", await Page(proxy, Metrics, "/proxyMode"));
        Assert.Equal("ok", await Page(proxy, Metrics, "/healthz"));
        Assert.Equal("10.1.0.0/16", (string?)Json(await Page(proxy, Metrics, "/configz"))["kubeproxy.config.k8s.io"]!["clusterCIDR"]);
        var metrics = await Page(proxy, Metrics, "/metrics");
        Assert.All(
            (string[])["kubeproxy_sync_proxy_rules_duration_seconds_count", "kubeproxy_sync_proxy_rules_endpoint_changes_total", "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "process_resident_memory_bytes"],
            name => Assert.Contains($"\n{name}", metrics, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await proxy.GetAsync(Health, "/metrics"))?.Code);
        Assert.Equal(HttpStatusCode.NotFound, (await proxy.GetAsync(Metrics, "/flagz"))?.Code);
    }

    [Fact]
    public async Task A_node_that_is_about_to_go_is_not_healthy_but_live()
    {
        await using var node = await ProxyNode.CreateAsync();
        var proxy = await node.Start().ServingAsync();
        await Page(proxy, Health, "/healthz");

        var taint = new JsonObject { ["key"] = "ToBeDeletedByClusterAutoscaler", ["effect"] = "NoSchedule" };
        await node.Api.PatchAsync<KubeNode>(null, ProxyNode.Name, new JsonObject { ["spec"] = new JsonObject { ["taints"] = new JsonArray(taint) } }, null, TestContext.Current.CancellationToken);

        await proxy.UntilAsync("healthz refuses", async () => await proxy.GetAsync(Health, "/healthz") is (HttpStatusCode.ServiceUnavailable, _, _));
        await Page(proxy, Health, "/livez");
    }

    [Fact]
    public async Task A_health_check_port_counts_the_endpoints_of_the_node_that_hostname_override_names()
    {
        await using var node = await ProxyNode.CreateAsync();
        var service = ProxyNode.Web();
        await node.AddServiceAsync(service with { Spec = service.Spec! with { Type = "LoadBalancer", ExternalTrafficPolicy = "Local", HealthCheckNodePort = 31000 } });
        await node.SetEndpointsAsync("web", ProxyNode.First, ProxyNode.Second);
        var proxy = node.Start();

        await proxy.UntilAsync("the load balancer is told to come", async () => await proxy.GetAsync(31000, "/", ProxyNode.Address) is (HttpStatusCode.OK, _, _));
        var (_, body, answer) = (await proxy.GetAsync(31000, "/", ProxyNode.Address))!.Value;
        Assert.Equal(2, (int?)Json(body)["localEndpoints"]);
        Assert.Equal("2", Assert.Single(answer.Headers.GetValues("X-Load-Balancing-Endpoint-Weight")));
        await node.SetEndpointsAsync("web");
        await proxy.UntilAsync("the load balancer is told to stay away", async () => await proxy.GetAsync(31000, "/", ProxyNode.Address) is (HttpStatusCode.ServiceUnavailable, _, _));
        await node.SetEndpointsAsync("web", ProxyNode.First);
        await proxy.UntilAsync("the load balancer is told to come back", async () => await proxy.GetAsync(31000, "/", ProxyNode.Address) is (HttpStatusCode.OK, _, _));

        await proxy.SignalAsync(Viaduct.Linux.Processes.Signals.Terminate);
        await node.Api.CreateAsync(new KubeNode { Metadata = new ObjectMeta { Name = "node-2" }, Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = ProxyNode.Address }] } }, TestContext.Current.CancellationToken);
        var other = node.Start("--hostname-override", "Node-2");
        await other.UntilAsync("another node has no endpoint", async () => await other.GetAsync(31000, "/", ProxyNode.Address) is (HttpStatusCode.ServiceUnavailable, _, _));
    }

    private static async Task<string> Page(ProxyProcess proxy, int port, string path)
    {
        var page = await proxy.GetAsync(port, path);
        Assert.Equal(HttpStatusCode.OK, page?.Code);
        return page!.Value.Body;
    }

    private static JsonObject Json(string body) => JsonNode.Parse(body)!.AsObject();
}
