using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.KubeServer;

/// <summary>What <see cref="IKubeApi"/> promises, over each way in to the server.</summary>
public abstract class KubeApiConformanceTests(ServerHarness harness) : IClassFixture<ServerHarness>
{
    protected abstract IKubeApi Api { get; }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_written_is_seen_over_the_network()
    {
        var created = await Api.CreateAsync(new ConfigMap { Metadata = new() { Name = "inside", Namespace = "default" }, Data = new Dictionary<string, string> { ["a"] = "1" } }, Cancellation);
        Assert.NotNull(created.Metadata.Uid);
        var (_, seen) = await harness.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps/inside");
        Assert.Equal("1", seen["data"]!["a"]!.GetValue<string>());
    }

    [Fact]
    public async Task Refusals_carry_the_status_of_the_server()
    {
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => Api.CreateAsync(
            new Service { Metadata = new() { Name = "bad", Namespace = "default" }, Spec = new() { Ports = [new() { Port = 70000, TargetPort = 80 }] } }, Cancellation));
        Assert.Equal("Service \"bad\" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive", failure.Message);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => Api.GetAsync<Pod>("default", "nobody", Cancellation))).IsNotFound);
    }

    [Fact]
    public async Task A_stale_update_is_a_conflict_and_a_second_create_AlreadyExists()
    {
        var first = await CreateAsync("stale");
        await Api.PatchAsync<ConfigMap>("default", "stale", new JsonObject { ["data"] = new JsonObject { ["x"] = "y" } }, null, Cancellation);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => Api.UpdateAsync(first, Cancellation))).IsConflict);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => CreateAsync("stale"))).IsAlreadyExists);
    }

    [Fact]
    public async Task A_list_and_a_watch_from_it_lose_nothing()
    {
        var query = new ListQuery { Namespace = "default", FieldSelector = "metadata.name=watched" };
        var list = await Api.ListAsync<ConfigMap>(query, Cancellation);
        await CreateAsync("watched");
        await Api.PatchAsync<ConfigMap>("default", "watched", new JsonObject { ["data"] = new JsonObject { ["x"] = "y" } }, null, Cancellation);
        await Api.DeleteAsync<ConfigMap>("default", "watched", DeleteQuery.Default, Cancellation);
        var types = new List<WatchEventType>();
        await foreach (var change in Api.WatchAsync<ConfigMap>(query, list.Metadata.ResourceVersion!, Cancellation))
        {
            types.Add(change.Type);
            if (change.Type == WatchEventType.Deleted)
                break;
        }
        Assert.Equal([WatchEventType.Added, WatchEventType.Modified, WatchEventType.Deleted], types);
    }

    [Fact]
    public async Task A_pod_is_bound_once_and_its_status_is_written_apart()
    {
        var pod = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "bound" }, ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) } };
        await Api.CreateRawAsync<Pod>("default", pod, Cancellation);
        await Api.BindAsync("default", "bound", "n1", Cancellation);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => Api.BindAsync("default", "bound", "n2", Cancellation))).IsConflict);
        var running = await Api.PatchAsync<Pod>("default", "bound", new JsonObject { ["status"] = new JsonObject { ["phase"] = "Running" } }, "status", Cancellation);
        Assert.Equal(("n1", "Running"), (running.Spec!.NodeName, running.Status!.Phase));
        await Api.DeleteAsync<Pod>("default", "bound", new DeleteQuery { GracePeriodSeconds = 0, Uid = running.Metadata.Uid }, Cancellation);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => Api.GetAsync<Pod>("default", "bound", Cancellation))).IsNotFound);
    }

    [Fact]
    public async Task A_raw_object_stays_the_callers()
    {
        var value = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "raw" }, ["unknown"] = 1 };
        await Api.CreateRawAsync<ConfigMap>("default", value, Cancellation);
        Assert.Equal("""{"metadata":{"name":"raw"},"unknown":1}""", value.ToJsonString());
    }

    private Task<ConfigMap> CreateAsync(string name) =>
        Api.CreateAsync(new ConfigMap { Metadata = new() { Name = name, Namespace = "default" } }, Cancellation);
}

public sealed class InProcessKubeApiTests(ServerHarness harness) : KubeApiConformanceTests(harness)
{
    private readonly ServerHarness _harness = harness;

    protected override IKubeApi Api => _harness.Server.Api;
}

public sealed class HttpKubeApiTests(ServerHarness harness) : KubeApiConformanceTests(harness), IDisposable
{
    private readonly HttpKubeApi _api = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(harness.KubeconfigPath));

    protected override IKubeApi Api => _api;

    public void Dispose() => _api.Dispose();
}
