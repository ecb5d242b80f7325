using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Manifests;

/// <summary>Which resource serves a kind, from the server's discovery documents; each is fetched once.</summary>
public sealed class ApiDiscovery(HttpKubeApi api)
{
    private readonly Dictionary<string, IReadOnlyList<ResourceType>?> _byVersion = [];

    /// <summary>The resource of a kind, or null when the server has none.</summary>
    public async Task<ResourceType?> FindAsync(string apiVersion, string kind, CancellationToken cancellation) =>
        (await ResourcesAsync(apiVersion, cancellation))?.FirstOrDefault(r => r.Kind == kind);

    /// <summary>All resources of <c>group/version</c>, or null when the server does not have that version.</summary>
    public async Task<IReadOnlyList<ResourceType>?> ResourcesAsync(string apiVersion, CancellationToken cancellation)
    {
        if (_byVersion.TryGetValue(apiVersion, out var known))
            return known;
        return _byVersion[apiVersion] = await FetchAsync(apiVersion, cancellation);
    }

    /// <summary>Every <c>group/version</c> that the server has.</summary>
    public async Task<IReadOnlyList<string>> VersionsAsync(CancellationToken cancellation)
    {
        var core = await api.SendRawAsync(HttpMethod.Get, "/api", null, cancellation: cancellation);
        var groups = await api.SendRawAsync(HttpMethod.Get, "/apis", null, cancellation: cancellation);
        var versions = (core["versions"] as JsonArray ?? []).Select(v => (string)v!).ToList();
        foreach (var group in (groups["groups"] as JsonArray ?? []).OfType<JsonObject>())
        {
            foreach (var version in (group["versions"] as JsonArray ?? []).OfType<JsonObject>())
                versions.Add((string)version["groupVersion"]!);
        }
        return versions;
    }

    private async Task<IReadOnlyList<ResourceType>?> FetchAsync(string apiVersion, CancellationToken cancellation)
    {
        var (group, version) = apiVersion.Split('/') switch
        {
            [var v] => ("", v),
            [var g, var v] => (g, v),
            _ => ("", ""),
        };
        if (version.Length == 0)
            return null;
        try
        {
            var path = group.Length == 0 ? $"/api/{version}" : $"/apis/{group}/{version}";
            var list = await api.SendRawAsync(HttpMethod.Get, path, null, cancellation: cancellation);
            return [.. (list["resources"] as JsonArray ?? []).OfType<JsonObject>().Select(r => Resource(group, version, r)).OfType<ResourceType>()];
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Null for a subresource (<c>pods/log</c>).</summary>
    private static ResourceType? Resource(string group, string version, JsonObject entry)
    {
        var name = (string)entry["name"]!;
        return name.Contains('/') ? null : new ResourceType(group, version, name, (string)entry["kind"]!, (bool)entry["namespaced"]!);
    }
}
