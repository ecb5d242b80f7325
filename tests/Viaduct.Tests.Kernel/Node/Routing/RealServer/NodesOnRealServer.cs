using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;
using Viaduct.Tests.RealServer;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kernel.Node.Routing.RealServer;

/// <summary>
/// Nodes on a <see cref="RealApiServer"/>, which has none: each is an object there whose metadata is the node's and whose annotations hold the rest. All that is asked
/// of nodes is asked of that server.
/// </summary>
internal sealed class NodesOnRealServer : IKubeApi, IAsyncDisposable
{
    private const string Spec = "node/spec", Status = "node/status";
    private readonly RealApiServer _server;
    private readonly HttpKubeApi _api;

    private NodesOnRealServer(RealApiServer server) => (_server, _api) = (server, server.Connect());

    public static async Task<NodesOnRealServer> StartAsync() => new(await RealApiServer.StartAsync());

    public async Task<T> GetAsync<T>(string? ns, string name, CancellationToken cancellation)
        where T : class, IKubeObject<T> => Node<T>(await _api.GetAsync<StoredObject>(null, name, cancellation));

    public async Task<KubeList<T>> ListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var list = await _api.ListAsync<StoredObject>(query, cancellation);
        return new KubeList<T> { Metadata = list.Metadata, Items = [.. list.Items.Select(Node<T>)] };
    }

    public Task<ListMeta> ListPageAsync<T>(ListQuery query, ListPage page, Action<T> each, CancellationToken cancellation)
        where T : class, IKubeObject<T> => _api.ListPageAsync<StoredObject>(query, page, o => each(Node<T>(o)), cancellation);

    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ListQuery query, string resourceVersion, CancellationToken cancellation)
        where T : class, IKubeObject<T> => EachAsync<T>(_api.WatchAsync<StoredObject>(query, resourceVersion, cancellation), cancellation);

    public IAsyncEnumerable<WatchEvent<T>> WatchListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T> => EachAsync<T>(_api.WatchListAsync<StoredObject>(query, cancellation), cancellation);

    // Events, which are told and not read.
    public Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T> => Task.FromResult(value);

    public async Task<T> CreateRawAsync<T>(string? ns, JsonObject value, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var stored = Stored(value);
        stored["apiVersion"] = StoredObject.Resource.ApiVersion;
        stored["kind"] = StoredObject.Resource.Kind;
        stored["spec"] = new JsonObject { ["name"] = "unused" };
        return Node<T>(await _api.CreateRawAsync<StoredObject>(null, stored, cancellation));
    }

    /// <summary>What a patch says of spec or status takes the place of all that was there.</summary>
    public async Task<T> PatchAsync<T>(string? ns, string name, JsonObject mergePatch, string? subresource, CancellationToken cancellation)
        where T : class, IKubeObject<T> => Node<T>(await _api.PatchAsync<StoredObject>(null, name, Stored(mergePatch), null, cancellation));

    public Task DeleteAsync<T>(string? ns, string name, DeleteQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T> => _api.DeleteAsync<StoredObject>(null, name, query, cancellation);

    public Task<T> UpdateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T> => throw new NotSupportedException("Nobody updates nodes whole.");

    public async Task<T> SetConditionAsync<T>(string? ns, string name, Condition condition, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var status = Part<NodeStatus>(await _api.GetAsync<StoredObject>(null, name, cancellation), Status) ?? new();
        status = status with { Conditions = [.. (status.Conditions ?? []).Where(c => c.Type != condition.Type), condition] };
        return await PatchAsync<T>(ns, name, new JsonObject { ["status"] = JsonSerializer.SerializeToNode(status, StoredObject.Json) }, null, cancellation);
    }

    public Task BindAsync(string ns, string pod, string node, CancellationToken cancellation) => throw new NotSupportedException("There are no pods.");

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await _server.DisposeAsync();
    }

    private static async IAsyncEnumerable<WatchEvent<T>> EachAsync<T>(IAsyncEnumerable<WatchEvent<StoredObject>> changes, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        await foreach (var (type, value) in changes.WithCancellation(cancellation))
            yield return new WatchEvent<T>(type, Node<T>(value));
    }

    private static JsonObject Stored(JsonObject node)
    {
        var metadata = node["metadata"]?.DeepClone() as JsonObject ?? [];
        var annotations = metadata["annotations"]?.DeepClone() as JsonObject ?? [];
        if (node["spec"] is { } spec)
            annotations[Spec] = spec.ToJsonString();
        if (node["status"] is { } status)
            annotations[Status] = status.ToJsonString();
        metadata["annotations"] = annotations;
        return new JsonObject { ["metadata"] = metadata };
    }

    private static T Node<T>(StoredObject stored)
        where T : class, IKubeObject<T> => (T)(object)new KubeNode { Metadata = stored.Metadata, Spec = Part<NodeSpec>(stored, Spec), Status = Part<NodeStatus>(stored, Status) };

    private static TPart? Part<TPart>(StoredObject stored, string name) =>
        stored.Metadata.Annotations?.GetValueOrDefault(name) is { } json ? JsonSerializer.Deserialize<TPart>(json, StoredObject.Json) : default;
}
