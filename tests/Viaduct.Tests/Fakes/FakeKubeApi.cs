using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Fakes;

/// <summary>
/// A Kubernetes API in memory, as far as controllers and informers can tell: versions, watches with history, merge patches,
/// generateName, generations, graceful deletion of bound pods, bindings. It validates nothing. Faults can be injected.
/// </summary>
public sealed partial class FakeKubeApi : IKubeApi
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<Change> _history = [];
    private readonly List<string> _requests = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _version;
    private long _oldestKnown;
    private int _watchEpoch;

    /// <summary>Every request so far, such as <c>POST pods shop/web-</c>.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    /// <summary>Called before each request with what <see cref="Requests"/> gets; an exception that it answers is thrown.</summary>
    public Func<string, Exception?>? Fault { get; set; }

    public long Version
    {
        get
        {
            lock (_lock)
                return _version;
        }
    }

    /// <summary>Ends all watches, as a restarted server does.</summary>
    public void DropWatches()
    {
        lock (_lock)
        {
            _watchEpoch++;
            Signal();
        }
    }

    /// <summary>How many bookmarks watches have told and their readers have taken.</summary>
    public int BookmarksTaken { get; private set; }

    /// <summary>Tells all watches the present version, with nothing changed.</summary>
    public void Bookmark()
    {
        lock (_lock)
        {
            _history.Add(new Change(++_version, null, null, null));
            Signal();
        }
    }

    /// <summary>Forgets all changes so far: a watch from before gets 410.</summary>
    public void ForgetHistory()
    {
        lock (_lock)
            _oldestKnown = _version;
    }

    public Task<T> GetAsync<T>(string? ns, string name, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            Begin("GET", T.Resource, ns, name);
            return Answer<T>(Existing<T>(ns, name));
        }
    }

    public Task<KubeList<T>> ListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            Begin("LIST", T.Resource, query.Namespace, "");
            return Task.FromResult(new KubeList<T>
            {
                Metadata = new ListMeta { ResourceVersion = _version.ToString(CultureInfo.InvariantCulture) },
                Items = [.. Matching<T>(query).Select(o => o.Deserialize(T.JsonTypeInfo)!)],
            });
        }
    }

    /// <summary>Whether watches can begin with all objects; a server that cannot refuses.</summary>
    public bool StreamsLists { get; set; } = true;

    public Task<ListMeta> ListPageAsync<T>(ListQuery query, ListPage page, Action<T> each, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        JsonObject[] items;
        int from, to;
        string version;
        lock (_lock)
        {
            Begin("PAGE", T.Resource, query.Namespace, page.Continue ?? "");
            items = Matching<T>(query);
            from = page.Continue is { } token ? int.Parse(token, CultureInfo.InvariantCulture) : 0;
            to = page.Limit == 0 ? items.Length : Math.Min(items.Length, from + page.Limit);
            version = _version.ToString(CultureInfo.InvariantCulture);
        }
        foreach (var item in items[from..to])
        {
            lock (_lock)
                Begin("ITEM", T.Resource, query.Namespace, (string)item["metadata"]!["name"]!);
            each(item.Deserialize(T.JsonTypeInfo)!);
        }
        var next = to < items.Length ? to.ToString(CultureInfo.InvariantCulture) : null;
        return Task.FromResult(new ListMeta { ResourceVersion = version, Continue = next });
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchListAsync<T>(ListQuery query, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        JsonObject[] items;
        string version;
        lock (_lock)
        {
            Begin("STREAM", T.Resource, query.Namespace, "");
            if (!StreamsLists)
                throw Refused(422, "Invalid", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch");
            items = Matching<T>(query);
            version = _version.ToString(CultureInfo.InvariantCulture);
        }
        foreach (var item in items)
        {
            lock (_lock)
                Begin("ITEM", T.Resource, query.Namespace, (string)item["metadata"]!["name"]!);
            yield return new WatchEvent<T>(WatchEventType.Added, item.Deserialize(T.JsonTypeInfo)!);
        }
        yield return new WatchEvent<T>(WatchEventType.Bookmark, Bookmark<T>(version, new JsonObject { [WatchEvents.InitialEventsEnd] = "true" }));
        await foreach (var change in WatchAsync<T>(query, version, cancellation))
            yield return change;
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ListQuery query, string resourceVersion, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var filter = new Filter(T.Resource, query);
        var after = long.Parse(resourceVersion, CultureInfo.InvariantCulture);
        var next = 0;
        int epoch;
        lock (_lock)
        {
            Begin("WATCH", T.Resource, query.Namespace, "");
            epoch = _watchEpoch;
            if (after < _oldestKnown)
                throw Refused(410, "Expired", $"too old resource version: {after} ({_oldestKnown})");
        }
        while (true)
        {
            Task changed;
            Change[] news;
            lock (_lock)
            {
                if (epoch != _watchEpoch)
                    yield break;
                news = [.. _history.Skip(next)];
                next = _history.Count;
                changed = _changed.Task;
            }
            foreach (var change in news.Where(c => c.Version > after && (c.Resource is null || c.Resource == T.Resource)))
            {
                if (change.Resource is null)
                {
                    yield return new WatchEvent<T>(WatchEventType.Bookmark, Bookmark<T>(change.Version.ToString(CultureInfo.InvariantCulture)));
                    lock (_lock)
                    {
                        BookmarksTaken++;
                        Signal();
                    }
                }
                else if (filter.TypeOf(change) is { } type)
                    yield return new WatchEvent<T>(type, (type == WatchEventType.Deleted ? change.Deleted() : change.New!).Deserialize(T.JsonTypeInfo)!);
            }
            await changed.WaitAsync(cancellation);
        }
    }

    public Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        CreateRawAsync<T>(value.Metadata.Namespace, JsonSerializer.SerializeToNode(value, T.JsonTypeInfo)!.AsObject(), cancellation);

    public Task<T> UpdateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            var (ns, name) = (value.Metadata.Namespace, value.Metadata.Name!);
            Begin("PUT", T.Resource, ns, name);
            var old = Existing<T>(ns, name);
            var wanted = value.Metadata.ResourceVersion;
            if (wanted is not null && wanted != (string?)old["metadata"]!["resourceVersion"])
                throw Refused(409, "Conflict", $"{T.Resource.Plural} \"{name}\" was changed meanwhile");
            return Answer<T>(Replace(T.Resource, old, JsonSerializer.SerializeToNode(value, T.JsonTypeInfo)!.AsObject()));
        }
    }

    public Task<T> PatchAsync<T>(string? ns, string name, JsonObject mergePatch, string? subresource, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            Begin("PATCH", T.Resource, ns, subresource is null ? name : $"{name}/{subresource}");
            var old = Existing<T>(ns, name);
            var patched = old.DeepClone().AsObject();
            var allowed = mergePatch.DeepClone().AsObject();
            allowed.Remove(subresource == "status" ? "spec" : "status");
            Merge(patched, allowed);
            return Answer<T>(Replace(T.Resource, old, patched));
        }
    }

    public Task<T> SetConditionAsync<T>(string? ns, string name, Condition condition, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            Begin("PATCH", T.Resource, ns, $"{name}/status");
            var old = Existing<T>(ns, name);
            var patched = old.DeepClone().AsObject();
            var status = patched["status"] as JsonObject ?? (JsonObject)(patched["status"] = new JsonObject());
            var set = JsonSerializer.SerializeToNode(condition, KubeJson.Default.Condition)!.AsObject();
            var all = (status["conditions"] as JsonArray ?? []).Select(c => c!.DeepClone().AsObject()).ToList();
            if (all.Find(c => (string?)c["type"] == condition.Type) is { } existing)
                Merge(existing, set);
            else
                all.Add(set);
            status["conditions"] = new JsonArray([.. all]);
            return Answer<T>(Replace(T.Resource, old, patched));
        }
    }

    public Task<T> CreateRawAsync<T>(string? ns, JsonObject value, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            var made = value.DeepClone().AsObject();
            var meta = made["metadata"] as JsonObject ?? (JsonObject)(made["metadata"] = new JsonObject());
            var name = (string?)meta["name"] ?? $"{(string)meta["generateName"]!}{Guid.NewGuid().ToString("N")[..5]}";
            Begin("POST", T.Resource, ns, (string?)meta["name"] ?? (string)meta["generateName"]!);
            meta["name"] = name;
            if (T.Resource.Namespaced)
                meta["namespace"] = ns ??= "default";
            if (_objects.ContainsKey(Key(T.Resource, ns, name)))
                throw Refused(409, "AlreadyExists", $"{T.Resource.Plural} \"{name}\" already exists");
            meta["uid"] = Guid.NewGuid().ToString();
            meta["generation"] = 1;
            meta["creationTimestamp"] = KubeTime.Format(DateTimeOffset.UtcNow);
            if (T.Resource.Kind == "Pod" && made["status"] is null)
                made["status"] = new JsonObject { ["phase"] = "Pending" };
            return Answer<T>(Store(T.Resource, null, made));
        }
    }

    public Task DeleteAsync<T>(string? ns, string name, DeleteQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        lock (_lock)
        {
            Begin("DELETE", T.Resource, ns, name);
            var old = Existing<T>(ns, name);
            if (query.Uid is { } uid && uid != (string?)old["metadata"]!["uid"])
                throw Refused(409, "Conflict", $"the uid of {T.Resource.Plural} \"{name}\" is another one");
            var bound = T.Resource.Kind == "Pod" && old["spec"]?["nodeName"] is not null;
            if (!bound || query.GracePeriodSeconds == 0)
            {
                Remove(T.Resource, old);
            }
            else if (old["metadata"]!["deletionTimestamp"] is null)
            {
                var marked = old.DeepClone().AsObject();
                marked["metadata"]!["deletionTimestamp"] = KubeTime.Format(DateTimeOffset.UtcNow);
                marked["metadata"]!["deletionGracePeriodSeconds"] = query.GracePeriodSeconds ?? 30;
                Store(T.Resource, old, marked);
            }
            return Task.CompletedTask;
        }
    }

    public Task BindAsync(string ns, string pod, string node, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Begin("BIND", Pod.Resource, ns, pod);
            var old = Existing<Pod>(ns, pod);
            if (old["spec"]?["nodeName"] is not null)
                throw Refused(409, "Conflict", $"pod {pod} is already assigned to node \"{old["spec"]!["nodeName"]}\"");
            var bound = old.DeepClone().AsObject();
            (bound["spec"] as JsonObject ?? (JsonObject)(bound["spec"] = new JsonObject()))["nodeName"] = node;
            Store(Pod.Resource, old, bound);
            return Task.CompletedTask;
        }
    }

    private JsonObject[] Matching<T>(ListQuery query)
        where T : class, IKubeObject<T>
    {
        var filter = new Filter(T.Resource, query);
        return [.. _objects.Where(p => p.Key.StartsWith(T.Resource.Plural + "|", StringComparison.Ordinal) && filter.Matches(p.Value)).Select(p => p.Value)];
    }

    /// <summary>All objects of a kind as raw JSON.</summary>
    public IReadOnlyList<JsonObject> Raw<T>()
        where T : class, IKubeObject<T>
    {
        lock (_lock)
            return [.. _objects.Where(p => p.Key.StartsWith(T.Resource.Plural + "|", StringComparison.Ordinal)).Select(p => p.Value.DeepClone().AsObject())];
    }

    /// <summary>All objects of a kind.</summary>
    public IReadOnlyList<T> All<T>()
        where T : class, IKubeObject<T> =>
        [.. Raw<T>().Select(o => o.Deserialize(T.JsonTypeInfo)!)];

    /// <summary>Waits, by events and not by polling, until the state satisfies the condition; fails after a minute.</summary>
    /// <remarks>The state stands still during the condition: all that it asks is of one moment.</remarks>
    public async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
                if (condition())
                    return;
            }
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"never became true: {what}\nrequests:\n{string.Join('\n', Requests.TakeLast(40))}");
            }
        }
    }
}
