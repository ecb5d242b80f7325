using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Registry.Selectors;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>One answer of a list.</summary>
internal sealed record ObjectPage(IReadOnlyList<StoredObject> Items, long Revision, string? Continue, long? Remaining);

/// <summary>Reads: one object, lists in pages of one consistent state, and watches.</summary>
internal sealed class ObjectReader(ObjectStore store)
{
    // Pages of one list come from one state. States share what did not change, so keeping some costs little.
    private const int KeptStates = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<StoreSnapshot> _states = new();

    public StoredObject Get(ResourceStrategy strategy, string? ns, string name) =>
        store.State.Get(Key(strategy, ns, name)) ?? throw StatusErrors.NotFound(strategy.Resource, name);

    public ObjectPage List(ResourceStrategy strategy, ObjectFilter filter, ListOptions options)
    {
        var (state, after) = Start(options);
        var items = new List<StoredObject>();
        long remaining = 0;
        foreach (var item in state.List(strategy.Resource.Qualified()))
        {
            if ((after is not null && string.CompareOrdinal(item.Key.Path, after) <= 0) || !filter.Matches(item))
                continue;
            if (options.Limit == 0 || items.Count < options.Limit)
                items.Add(item);
            else
                remaining++;
        }
        if (remaining == 0)
            return new ObjectPage(items, state.Revision, null, null);
        Keep(state);
        return new ObjectPage(items, state.Revision, Token(state.Revision, items[^1].Key.Path), filter is { Labels.IsEmpty: true, Fields.IsEmpty: true } ? remaining : null);
    }

    public ObjectWatch Watch(ResourceStrategy strategy, ObjectFilter filter, WatchOptions options)
    {
        var resource = strategy.Resource.Qualified();
        var revision = ParseRevision(options.ResourceVersion);
        if (revision > store.State.Revision)
            throw StatusErrors.TooLargeResourceVersion(revision, store.State.Revision);
        if (revision > 0 && !options.SendInitialEvents)
            return new ObjectWatch(store.Watch(resource, revision), null, filter, options);
        var (state, watch) = store.WatchFromNow(resource);
        return new ObjectWatch(watch, state, filter, options);
    }

    public static StoreKey Key(ResourceStrategy strategy, string? ns, string name) =>
        new(strategy.Resource.Qualified(), strategy.Resource.Namespaced ? ns ?? "" : "", name);

    public static long ParseRevision(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : throw StatusErrors.BadRequest($"Invalid value: \"{text}\": resourceVersion must be a number that the server gave out");
    }

    private (StoreSnapshot State, string? After) Start(ListOptions options)
    {
        if (!string.IsNullOrEmpty(options.Continue))
            return Resume(options.Continue);
        var (state, revision) = (store.State, ParseRevision(options.ResourceVersion));
        if (revision > state.Revision)
            throw StatusErrors.TooLargeResourceVersion(revision, state.Revision);
        if (options.IsExact && revision != state.Revision)
            state = Kept(revision) ?? throw StatusErrors.Expired($"The resourceVersion {revision} for the provided list is too old.");
        return (state, null);
    }

    private (StoreSnapshot State, string? After) Resume(string token)
    {
        var (revision, after) = ParseToken(token);
        var state = store.State.Revision == revision ? store.State : Kept(revision);
        return (state ?? throw StatusErrors.Expired("The provided continue parameter is too old to display a consistent list result. List again from the start."), after);
    }

    private void Keep(StoreSnapshot state)
    {
        lock (_gate)
        {
            if (_states.Any(s => s.Revision == state.Revision))
                return;
            _states.AddLast(state);
            if (_states.Count > KeptStates)
                _states.RemoveFirst();
        }
    }

    private StoreSnapshot? Kept(long revision)
    {
        lock (_gate)
            return _states.FirstOrDefault(s => s.Revision == revision);
    }

    private static string Token(long revision, string after) =>
        Convert.ToBase64String(new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = revision, ["start"] = after }.ToUtf8()).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static (long Revision, string After) ParseToken(string token)
    {
        try
        {
            var text = token.Replace('-', '+').Replace('_', '/');
            var json = JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='))))!.AsObject();
            return (json.Number("rv") ?? throw new FormatException(), json.Text("start") ?? throw new FormatException());
        }
        catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or InvalidOperationException or NullReferenceException)
        {
            throw StatusErrors.BadRequest($"continue key is not valid: {token}");
        }
    }
}
