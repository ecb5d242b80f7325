using System.Net.Sockets;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>Which Services the program <c>viaduct proxy</c> serves.</summary>
public class ProxyOwnershipTests
{
    private const string Label = "service.kubernetes.io/service-proxy-name";

    [Fact]
    public async Task A_Service_of_another_proxy_is_left_alone_and_one_that_changes_hands_follows()
    {
        await using var node = await ProxyNode.CreateAsync();
        var service = ProxyNode.Web();
        await node.AddServiceAsync(service with { Metadata = service.Metadata with { Labels = new Dictionary<string, string> { [Label] = "other" } } });
        await node.AddServiceAsync(ProxyNode.Web("ours", "10.64.0.81"));
        await node.SetEndpointsAsync("web", ProxyNode.First);
        await node.SetEndpointsAsync("ours", ProxyNode.Second);
        var proxy = await node.Start().ServingAsync();

        Assert.Equal(ProxyNode.Second, await node.Servers.AskAsync("10.64.0.81", 80));
        Assert.DoesNotContain(ProxyNode.ClusterIP, await node.RunAsync("nft", "list", "ruleset"), StringComparison.Ordinal);

        await LabelAsync(node, "web", null);
        await proxy.UntilAsync("it is ours", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.First);
        await LabelAsync(node, "ours", "other");
        await proxy.UntilAsync("it is the other's", async () => !(await node.RunAsync("nft", "list", "ruleset")).Contains("10.64.0.81", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Service_without_endpoints_refuses_and_so_does_a_port_that_it_does_not_have()
    {
        await using var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        var proxy = await node.Start().ServingAsync();

        Assert.Equal(nameof(SocketError.ConnectionRefused), await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
        await node.SetEndpointsAsync("web", ProxyNode.First);
        await proxy.UntilAsync("it is served", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.First);
        Assert.Equal(nameof(SocketError.ConnectionRefused), await node.Servers.AskAsync(ProxyNode.ClusterIP, 81));
    }

    private static Task<Service> LabelAsync(ProxyNode node, string service, string? proxy) => node.Api.PatchAsync<Service>(
        "default", service, new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [Label] = proxy } } }, null, default);
}
