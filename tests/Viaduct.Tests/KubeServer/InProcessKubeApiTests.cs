using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.KubeServer;

public sealed class InProcessKubeApiTests(ServerHarness harness) : IClassFixture<ServerHarness>
{
    private IKubeApi Api => harness.Server.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_written_in_process_is_seen_over_the_network()
    {
        var created = await Api.CreateAsync(new ConfigMap { Metadata = new() { Name = "inside", Namespace = "default" }, Data = new Dictionary<string, string> { ["a"] = "1" } }, Cancellation);
        Assert.NotNull(created.Metadata.Uid);
        var (_, seen) = await harness.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps/inside");
        Assert.Equal("1", seen["data"]!["a"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_same_rules_hold_in_process()
    {
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => Api.CreateAsync(
            new Service { Metadata = new() { Name = "bad", Namespace = "default" }, Spec = new() { Ports = [new() { Port = 70000, TargetPort = 80 }] } }, Cancellation));
        Assert.Equal("Service \"bad\" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive", failure.Message);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => Api.GetAsync<Pod>("default", "nobody", Cancellation))).IsNotFound);
    }

    [Fact]
    public async Task A_list_and_a_watch_from_it_lose_nothing()
    {
        var list = await Api.ListAsync<ConfigMap>(new ListQuery { Namespace = "kube-system" }, Cancellation);
        await Api.CreateRawAsync<ConfigMap>("kube-system", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "watched" } }, Cancellation);
        await Api.PatchAsync<ConfigMap>("kube-system", "watched", new JsonObject { ["data"] = new JsonObject { ["x"] = "y" } }, null, Cancellation);
        await Api.DeleteAsync<ConfigMap>("kube-system", "watched", DeleteQuery.Default, Cancellation);
        var types = new List<WatchEventType>();
        await foreach (var change in Api.WatchAsync<ConfigMap>(new ListQuery { Namespace = "kube-system" }, list.Metadata.ResourceVersion!, Cancellation))
        {
            types.Add(change.Type);
            if (change.Type == WatchEventType.Deleted)
                break;
        }
        Assert.Equal([WatchEventType.Added, WatchEventType.Modified, WatchEventType.Deleted], types);
    }

    [Fact]
    public async Task A_raw_object_stays_the_callers()
    {
        var value = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "raw" }, ["unknown"] = 1 };
        await Api.CreateRawAsync<ConfigMap>("default", value, Cancellation);
        Assert.Equal("""{"metadata":{"name":"raw"},"unknown":1}""", value.ToJsonString());
    }
}
