using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Registry.Selectors;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server;

/// <summary>The API for programs in this process: the same code as behind HTTP, without the network.</summary>
internal sealed class InProcessKubeApi(ObjectRegistry registry) : IKubeApi
{
    public Task<T> GetAsync<T>(string? ns, string name, CancellationToken cancellation)
        where T : class, IKubeObject<T> => Task.FromResult(Typed<T>(registry.Reader.Get(Strategy<T>(), ns, name)));

    public Task<KubeList<T>> ListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var page = registry.Reader.List(Strategy<T>(), Filter<T>(query), ListOptions.Default);
        return Task.FromResult(new KubeList<T>
        {
            Metadata = new ListMeta { ResourceVersion = page.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            Items = [.. page.Items.Select(Typed<T>)],
        });
    }

    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ListQuery query, string resourceVersion, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        FollowAsync<T>(query, new WatchOptions { ResourceVersion = resourceVersion, AllowBookmarks = true }, cancellation);

    private async IAsyncEnumerable<WatchEvent<T>> FollowAsync<T>(ListQuery query, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        using var watch = registry.Reader.Watch(Strategy<T>(), Filter<T>(query), options);
        await foreach (var item in watch.ReadAsync(cancellation).ConfigureAwait(false))
            yield return new WatchEvent<T>(item.Type, item.Object is null ? Bookmark<T>(item) : Typed<T>(item.Object));
        cancellation.ThrowIfCancellationRequested();
    }

    public Task<ListMeta> ListPageAsync<T>(ListQuery query, ListPage page, Action<T> each, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var found = registry.Reader.List(Strategy<T>(), Filter<T>(query), new ListOptions { Limit = page.Limit, Continue = page.Continue });
        foreach (var item in found.Items)
            each(Typed<T>(item));
        var version = found.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Task.FromResult(new ListMeta { ResourceVersion = version, Continue = found.Continue });
    }

    public IAsyncEnumerable<WatchEvent<T>> WatchListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        FollowAsync<T>(query, new WatchOptions { SendInitialEvents = true, AllowBookmarks = true }, cancellation);

    public async Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T> => await CreateRawAsync<T>(value.Metadata.Namespace, Raw(value), cancellation).ConfigureAwait(false);

    public async Task<T> UpdateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var name = value.Metadata.Name ?? throw StatusErrors.BadRequest("an update needs metadata.name");
        return Typed<T>(await registry.UpdateAsync(Strategy<T>(), value.Metadata.Namespace, name, null, Raw(value), WriteOptions.Default).ConfigureAwait(false));
    }

    public async Task<T> PatchAsync<T>(string? ns, string name, JsonObject mergePatch, string? subresource, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        Typed<T>(await registry.PatchAsync(Strategy<T>(), ns, name, subresource, PatchType.Merge, mergePatch, WriteOptions.Default).ConfigureAwait(false));

    public async Task<T> SetConditionAsync<T>(string? ns, string name, Condition condition, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        Typed<T>(await registry.PatchAsync(Strategy<T>(), ns, name, "status", PatchType.StrategicMerge, ConditionPatch.Of(condition), WriteOptions.Default).ConfigureAwait(false));

    public async Task<T> CreateRawAsync<T>(string? ns, JsonObject value, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        // The decoder works in place; the caller keeps its object.
        Typed<T>(await registry.Writer.CreateAsync(Strategy<T>(), ns, (JsonObject)value.DeepClone(), WriteOptions.Default).ConfigureAwait(false));

    public async Task DeleteAsync<T>(string? ns, string name, DeleteQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        await registry.Remover.DeleteAsync(Strategy<T>(), ns, name, new DeleteOptions { GracePeriodSeconds = query.GracePeriodSeconds, Uid = query.Uid }).ConfigureAwait(false);

    public Task BindAsync(string ns, string pod, string node, CancellationToken cancellation)
    {
        var binding = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = ns },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node },
        };
        return registry.BindAsync(ns, pod, binding, WriteOptions.Default);
    }

    private ResourceStrategy Strategy<T>()
        where T : class, IKubeObject<T> => registry.Catalog[T.Resource.Qualified()];

    private ObjectFilter Filter<T>(ListQuery query)
        where T : class, IKubeObject<T> => ObjectFilter.Parse(Strategy<T>(), query.Namespace, query.LabelSelector, query.FieldSelector);

    private static T Typed<T>(StoredObject value)
        where T : class, IKubeObject<T> => JsonSerializer.Deserialize(value.Json.Span, T.JsonTypeInfo)!;

    private static JsonObject Raw<T>(T value)
        where T : class, IKubeObject<T> => JsonSerializer.SerializeToNode(value, T.JsonTypeInfo)!.AsObject();

    private static T Bookmark<T>(WatchItem item)
        where T : class, IKubeObject<T>
    {
        var json = new JsonObject
        {
            ["kind"] = T.Resource.Kind,
            ["apiVersion"] = T.Resource.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = item.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        };
        if (item.EndsInitialEvents)
            json["metadata"]!["annotations"] = new JsonObject { [WatchEvents.InitialEventsEnd] = "true" };
        return JsonSerializer.Deserialize(json.ToUtf8(), T.JsonTypeInfo)!;
    }
}
