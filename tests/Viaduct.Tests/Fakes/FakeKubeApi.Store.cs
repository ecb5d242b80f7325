using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Selectors;

namespace Viaduct.Tests.Fakes;

/// <summary>How the fake keeps objects and tells changes.</summary>
public sealed partial class FakeKubeApi
{
    private void Begin(string verb, ResourceType resource, string? ns, string name)
    {
        var request = $"{verb} {resource.Plural} {(ns is null ? "" : ns + "/")}{name}";
        _requests.Add(request);
        if (Fault?.Invoke(request) is { } fault)
            throw fault;
    }

    private JsonObject Replace(ResourceType resource, JsonObject old, JsonObject wanted)
    {
        var meta = wanted["metadata"]!.AsObject();
        foreach (var field in (string[])["uid", "creationTimestamp", "generation", "resourceVersion", "namespace"])
            meta[field] = old["metadata"]![field]?.DeepClone();
        if (resource.Namespaced is false)
            meta.Remove("namespace");
        if (JsonNode.DeepEquals(old, wanted))
            return old;
        if (!JsonNode.DeepEquals(old["spec"], wanted["spec"]))
            meta["generation"] = (int)old["metadata"]!["generation"]! + 1;
        return Store(resource, old, wanted);
    }

    private JsonObject Store(ResourceType resource, JsonObject? old, JsonObject value)
    {
        value["apiVersion"] = resource.ApiVersion;
        value["kind"] = resource.Kind;
        value["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        // Through text, so that every number can be read as any type, like what comes over the wire.
        value = JsonNode.Parse(value.ToJsonString())!.AsObject();
        _objects[Key(resource, (string?)value["metadata"]!["namespace"], (string)value["metadata"]!["name"]!)] = value;
        _history.Add(new Change(_version, resource, old, value));
        Signal();
        return value;
    }

    private void Remove(ResourceType resource, JsonObject old)
    {
        _objects.Remove(Key(resource, (string?)old["metadata"]!["namespace"], (string)old["metadata"]!["name"]!));
        _history.Add(new Change(++_version, resource, old, null));
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private JsonObject Existing<T>(string? ns, string name)
        where T : class, IKubeObject<T> =>
        _objects.TryGetValue(Key(T.Resource, T.Resource.Namespaced ? ns ?? "default" : null, name), out var found)
            ? found
            : throw Refused(404, "NotFound", $"{T.Resource.Plural} \"{name}\" not found");

    private static Task<T> Answer<T>(JsonObject value)
        where T : class, IKubeObject<T> =>
        Task.FromResult(value.Deserialize(T.JsonTypeInfo)!);

    private static T Bookmark<T>(string version, JsonObject? annotations = null)
        where T : class, IKubeObject<T> =>
        new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version, ["annotations"] = annotations } }.Deserialize(T.JsonTypeInfo)!;

    private static string Key(ResourceType resource, string? ns, string name) => $"{resource.Plural}|{ns}|{name}";

    private static KubeApiException Refused(int code, string reason, string message) => new(new Status { Code = code, Reason = reason, Message = message });

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>RFC 7386.</summary>
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                target.Remove(key);
            }
            else if (value is JsonObject fields)
            {
                if (target[key] is not JsonObject inner)
                    target[key] = inner = [];
                Merge(inner, fields);
            }
            else
            {
                target[key] = value.DeepClone();
            }
        }
    }

    /// <summary>Without a resource: a bookmark.</summary>
    private sealed record Change(long Version, ResourceType? Resource, JsonObject? Old, JsonObject? New)
    {
        /// <summary>The last state, with the version of the deletion, as a server sends it.</summary>
        public JsonObject Deleted()
        {
            var last = (New ?? Old)!.DeepClone().AsObject();
            last["metadata"]!["resourceVersion"] = Version.ToString(CultureInfo.InvariantCulture);
            return last;
        }
    }

    private sealed class Filter(ResourceType resource, ListQuery query)
    {
        private readonly LabelQuery _labels = SelectorParser.ParseLabels(query.LabelSelector);
        private readonly FieldQuery _fields = SelectorParser.ParseFields(query.FieldSelector);

        public bool Matches(JsonObject value)
        {
            var labels = (value["metadata"]!["labels"] as JsonObject)?.ToDictionary(p => p.Key, p => (string)p.Value!);
            return (query.Namespace is null || !resource.Namespaced || query.Namespace == (string?)value["metadata"]!["namespace"])
                && _labels.Matches(labels)
                && _fields.Matches(path => path.Split('.').Aggregate((JsonNode?)value, (node, field) => (node as JsonObject)?[field])?.ToString());
        }

        /// <summary>What the change is to this watch; null when it is nothing.</summary>
        public WatchEventType? TypeOf(Change change)
        {
            var before = change.Old is not null && Matches(change.Old);
            var after = change.New is not null && Matches(change.New);
            return (before, after) switch
            {
                (false, true) => WatchEventType.Added,
                (true, true) => WatchEventType.Modified,
                (true, false) => WatchEventType.Deleted,
                _ => null,
            };
        }
    }
}
