using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Addressing;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Registry.Selectors;
using Viaduct.Kube.Server.Registry.Services;
using Viaduct.Kube.Server.Schema;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Tests.KubeServer;

/// <summary>A registry over a database of its own, driven with JSON texts.</summary>
internal sealed class RegistryHarness : IAsyncDisposable
{
    private static readonly KubernetesSchema Schema = KubernetesSchema.Load();

    private readonly TemporaryDirectory _directory = new();
    private string _cidr;
    private readonly PortRange _ports;
    private ObjectStore _store = null!;
    private NamespaceCleaner _cleaner = null!;

    private RegistryHarness(string cidr, PortRange ports)
    {
        _cidr = cidr;
        _ports = ports;
    }

    public ObjectRegistry Registry { get; private set; } = null!;

    public long Revision => _store.State.Revision;

    public static async Task<RegistryHarness> StartAsync(string cidr = "172.21.0.0/24", int firstPort = 30000, int lastPort = 30099)
    {
        var harness = new RegistryHarness(cidr, new PortRange(firstPort, lastPort));
        await harness.OpenAsync();
        return harness;
    }

    /// <summary>Ends the store and opens the same database again.</summary>
    public async Task RestartAsync(string? cidr = null)
    {
        await CloseAsync();
        _cidr = cidr ?? _cidr;
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    public async Task<JsonObject> CreateAsync(string resource, string json, string? ns = "default") =>
        (await Registry.Writer.CreateAsync(Strategy(resource), Namespace(resource, ns), Parse(json), WriteOptions.Default)).ToObject();

    public async Task<JsonObject> UpdateAsync(string resource, string name, JsonObject body, string? subresource = null, string? ns = "default") =>
        (await Registry.UpdateAsync(Strategy(resource), Namespace(resource, ns), name, subresource, (JsonObject)body.DeepClone(), WriteOptions.Default)).ToObject();

    public async Task<JsonObject> PatchAsync(string resource, string name, string json, string? subresource = null, PatchType type = PatchType.Merge, string? ns = "default") =>
        (await Registry.PatchAsync(Strategy(resource), Namespace(resource, ns), name, subresource, type, JsonNode.Parse(json)!, WriteOptions.Default)).ToObject();

    public Task<Deletion> DeleteAsync(string resource, string name, DeleteOptions? options = null, string? ns = "default") =>
        Registry.Remover.DeleteAsync(Strategy(resource), Namespace(resource, ns), name, options ?? DeleteOptions.Default);

    /// <summary>Writes into the database past all rules.</summary>
    public Task PutRawAsync(string resource, string name, JsonObject value, string ns = "default") =>
        _store.WriteAsync(transaction => transaction.Put(ObjectReader.Key(Strategy(resource), Namespace(resource, ns), name), value));

    public JsonObject Get(string resource, string name, string? ns = "default") =>
        Registry.Reader.Get(Strategy(resource), Namespace(resource, ns), name).ToObject();

    public IReadOnlyList<string> Names(string resource, string? ns = "default", string? labels = null, string? fields = null) =>
        [.. Registry.Reader.List(Strategy(resource), ObjectFilter.Parse(Strategy(resource), Namespace(resource, ns), labels, fields), ListOptions.Default).Items.Select(i => i.Key.Name)];

    public ResourceStrategy Strategy(string resource) => Registry.Catalog[resource];

    /// <summary>Asserts that the action is refused with a code and a whole message.</summary>
    public static async Task RefusesAsync(int code, string message, Func<Task> action)
    {
        var failure = await Assert.ThrowsAsync<KubeApiException>(action);
        Assert.Equal((code, message), (failure.Status.Code, failure.Status.Message));
    }

    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private string? Namespace(string resource, string? ns) => Strategy(resource).Resource.Namespaced ? ns : null;

    private async Task OpenAsync()
    {
        var ranges = new ServiceRanges(IpRanges.Parse(_cidr, "serviceCidr"), _ports);
        _store = ObjectStore.Open(_directory.File("state.db"), new ObjectStoreOptions(), NullLogger.Instance);
        Registry = new ObjectRegistry(_store, new ResourceCatalog(ranges), Schema);
        await Registry.StartAsync(ranges, new IPEndPoint(IPAddress.Parse("192.168.0.2"), 6443));
        _cleaner = new NamespaceCleaner(Registry, NullLogger.Instance);
        _cleaner.Start();
    }

    private async Task CloseAsync()
    {
        _store.CloseWatches();
        await _cleaner.DisposeAsync();
        await _store.DisposeAsync();
    }
}
