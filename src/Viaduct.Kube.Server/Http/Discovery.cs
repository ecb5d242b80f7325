using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Http;

/// <summary>
/// What is served, for clients that ask first: aggregated (apidiscovery.k8s.io/v2) when the client knows it, else the older documents.
/// </summary>
internal sealed class Discovery
{
    private const string AggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private readonly Dictionary<string, byte[]> _documents = new(StringComparer.Ordinal);
    private readonly byte[] _aggregatedCore;
    private readonly byte[] _aggregatedGroups;

    public Discovery(ResourceCatalog catalog)
    {
        var groups = catalog.All.GroupBy(s => s.Resource.Group).ToList();
        _aggregatedCore = AggregatedList(groups.Where(g => g.Key.Length == 0)).ToUtf8();
        _aggregatedGroups = AggregatedList(groups.Where(g => g.Key.Length > 0)).ToUtf8();
        _documents["/api"] = new JsonObject
        {
            ["kind"] = "APIVersions",
            ["versions"] = new JsonArray("v1"),
            ["serverAddressByClientCIDRs"] = new JsonArray(),
        }.ToUtf8();
        _documents["/apis"] = new JsonObject
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. groups.Where(g => g.Key.Length > 0).Select(g => Group(g.Key))]),
        }.ToUtf8();
        foreach (var group in groups)
        {
            if (group.Key.Length > 0)
                _documents[$"/apis/{group.Key}"] = Group(group.Key).ToUtf8();
            _documents[group.Key.Length == 0 ? "/api/v1" : $"/apis/{group.Key}/v1"] = ResourceList(group).ToUtf8();
        }
    }

    /// <summary>Answers a discovery path; false when it is another one.</summary>
    public bool TryFind(HttpRequest request, out ReadOnlyMemory<byte> document, out string contentType)
    {
        var path = request.Path.Value!.TrimEnd('/');
        var isAggregated = path is "/api" or "/apis" && request.Headers.Accept.ToString().Contains("g=apidiscovery.k8s.io;v=v2;", StringComparison.Ordinal);
        if (isAggregated)
        {
            (document, contentType) = (path == "/api" ? _aggregatedCore : _aggregatedGroups, AggregatedType);
            return true;
        }
        contentType = "application/json";
        var isKnown = _documents.TryGetValue(path, out var plain);
        document = plain;
        return isKnown;
    }

    private static JsonObject Group(string name)
    {
        JsonObject Version() => new() { ["groupVersion"] = $"{name}/v1", ["version"] = "v1" };
        return new JsonObject
        {
            ["kind"] = "APIGroup",
            ["apiVersion"] = "v1",
            ["name"] = name,
            ["versions"] = new JsonArray(Version()),
            ["preferredVersion"] = Version(),
        };
    }

    private static JsonObject ResourceList(IGrouping<string, ResourceStrategy> group) => new()
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = group.First().Resource.ApiVersion,
        ["resources"] = new JsonArray([.. group.SelectMany(s => Subresource.Of(s).Select(r => PlainSubresource(s, r)).Prepend(PlainResource(s)))]),
    };

    private static JsonObject PlainResource(ResourceStrategy strategy) => new()
    {
        ["name"] = strategy.Resource.Plural,
        ["singularName"] = strategy.Singular,
        ["namespaced"] = strategy.Resource.Namespaced,
        ["kind"] = strategy.Resource.Kind,
        ["verbs"] = Verbs(),
        ["shortNames"] = Texts(strategy.ShortNames),
        ["categories"] = strategy.IsInAll ? new JsonArray("all") : new JsonArray(),
    };

    private static JsonObject PlainSubresource(ResourceStrategy strategy, Subresource sub) => new()
    {
        ["name"] = $"{strategy.Resource.Plural}/{sub.Name}",
        ["singularName"] = "",
        ["namespaced"] = strategy.Resource.Namespaced,
        ["group"] = sub.Group,
        ["version"] = sub.Version,
        ["kind"] = sub.Kind,
        ["verbs"] = Texts(sub.Verbs),
    };

    private static JsonObject AggregatedList(IEnumerable<IGrouping<string, ResourceStrategy>> groups) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. groups.Select(AggregatedGroup)]),
    };

    private static JsonObject AggregatedGroup(IGrouping<string, ResourceStrategy> group)
    {
        var metadata = new JsonObject();
        if (group.Key.Length > 0)
            metadata["name"] = group.Key;
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray(new JsonObject
            {
                ["version"] = "v1",
                ["resources"] = new JsonArray([.. group.Select(AggregatedResource)]),
                ["freshness"] = "Current",
            }),
        };
    }

    private static JsonObject AggregatedResource(ResourceStrategy strategy)
    {
        var result = new JsonObject
        {
            ["resource"] = strategy.Resource.Plural,
            ["responseKind"] = Kind(strategy.Resource.Group, strategy.Resource.Version, strategy.Resource.Kind),
            ["scope"] = strategy.Resource.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = strategy.Singular,
            ["verbs"] = Verbs(),
            ["shortNames"] = Texts(strategy.ShortNames),
            ["subresources"] = new JsonArray([.. Subresource.Of(strategy).Select(AggregatedSubresource)]),
        };
        if (strategy.IsInAll)
            result["categories"] = new JsonArray("all");
        return result;
    }

    private static JsonObject AggregatedSubresource(Subresource sub) => new()
    {
        ["subresource"] = sub.Name,
        ["responseKind"] = Kind(sub.Group, sub.Version, sub.Kind),
        ["verbs"] = Texts(sub.Verbs),
    };

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static JsonArray Verbs() => Texts(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => JsonValue.Create(t))]);
}

/// <summary>A part of an object that has a path of its own.</summary>
internal sealed record Subresource(string Name, string Group, string Version, string Kind, IReadOnlyList<string> Verbs)
{
    private static readonly string[] ReadWrite = ["get", "patch", "update"];

    public static IEnumerable<Subresource> Of(ResourceStrategy strategy)
    {
        var (group, version, kind) = (strategy.Resource.Group, strategy.Resource.Version, strategy.Resource.Kind);
        if (strategy.HasStatus)
            yield return new Subresource("status", group, version, kind, ReadWrite);
        if (strategy.HasScale)
            yield return new Subresource("scale", "autoscaling", "v1", "Scale", ReadWrite);
        if (kind == "Namespace")
            yield return new Subresource("finalize", group, version, kind, ["update"]);
        if (kind != "Pod")
            yield break;
        yield return new Subresource("binding", group, version, "Binding", ["create"]);
        yield return new Subresource("log", group, version, "Pod", ["get"]);
        yield return new Subresource("exec", group, version, "PodExecOptions", ["create", "get"]);
    }
}
