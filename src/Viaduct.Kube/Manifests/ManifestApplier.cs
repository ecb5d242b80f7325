using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Manifests;

public enum AppliedAs
{
    Created,
    Configured,
    Unchanged,
}

/// <summary>What became of one document.</summary>
public sealed record AppliedObject(ManifestDocument Document, ResourceType Resource, string? Namespace, string Name, AppliedAs Outcome);

/// <summary>
/// Brings manifests to the server: creates each object, or merges the manifest into the one that is there. When one is
/// refused, those that this call created are deleted again, so that nothing half-made stays.
/// </summary>
public sealed class ManifestApplier(HttpKubeApi api, string defaultNamespace = "default")
{
    private const string Query = "?fieldManager=viaduct&fieldValidation=Strict";
    private readonly ApiDiscovery _discovery = new(api);

    /// <exception cref="ManifestException">One sentence that names the file, the document and what is wrong with it.</exception>
    public async Task<IReadOnlyList<AppliedObject>> ApplyAsync(IReadOnlyList<ManifestDocument> documents, CancellationToken cancellation)
    {
        var resources = new List<ResourceType>();
        foreach (var document in documents)
            resources.Add(await ResourceOfAsync(document, cancellation));
        var applied = new List<AppliedObject>();
        try
        {
            for (var i = 0; i < documents.Count; i++)
                applied.Add(await ApplyAsync(documents[i], resources[i], cancellation));
        }
        catch (Exception e)
        {
            var left = await UndoAsync(applied);
            if (left.Count == 0)
                throw;
            throw new ManifestException($"{e.Message} What had been created before could not be deleted again: {string.Join(", ", left)}.", e);
        }
        return applied;
    }

    private async Task<AppliedObject> ApplyAsync(ManifestDocument document, ResourceType resource, CancellationToken cancellation)
    {
        var ns = resource.Namespaced ? document.Namespace ?? defaultNamespace : null;
        try
        {
            return await CreateAsync(document, resource, ns, cancellation)
                ?? await MergeAsync(document, resource, ns, document.Name!, cancellation);
        }
        catch (KubeApiException e) when (!e.IsUnreachable)
        {
            throw new ManifestException($"{document.Place}: {document.Kind} \"{document.Name}\" was refused: {e.Message}", e);
        }
    }

    /// <summary>Null when an object of that name exists.</summary>
    private async Task<AppliedObject?> CreateAsync(ManifestDocument document, ResourceType resource, string? ns, CancellationToken cancellation)
    {
        try
        {
            var made = await api.SendRawAsync(HttpMethod.Post, resource.CollectionPath(ns) + Query, document.Content, cancellation: cancellation);
            return new AppliedObject(document, resource, ns, (string)made["metadata"]!["name"]!, AppliedAs.Created);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists && document.Name is not null)
        {
            return null;
        }
    }

    private async Task<AppliedObject> MergeAsync(
        ManifestDocument document, ResourceType resource, string? ns, string name, CancellationToken cancellation)
    {
        var path = resource.ObjectPath(ns, name);
        var before = await api.SendRawAsync(HttpMethod.Get, path, null, cancellation: cancellation);
        var after = await api.SendRawAsync(HttpMethod.Patch, path + Query, document.Content, HttpKubeApi.MergePatch, cancellation);
        var same = Version(before) == Version(after);
        return new AppliedObject(document, resource, ns, name, same ? AppliedAs.Unchanged : AppliedAs.Configured);
    }

    private async Task<ResourceType> ResourceOfAsync(ManifestDocument document, CancellationToken cancellation)
    {
        if (await _discovery.FindAsync(document.ApiVersion, document.Kind, cancellation) is { } resource)
            return resource;
        throw new ManifestException($"{document.Place}: the server has no kind \"{document.Kind}\" in \"{document.ApiVersion}\"{await HintAsync(document, cancellation)}.");
    }

    /// <summary>Where the kind is, if it is elsewhere; else what the version has.</summary>
    private async Task<string> HintAsync(ManifestDocument document, CancellationToken cancellation)
    {
        foreach (var version in await _discovery.VersionsAsync(cancellation))
        {
            if (await _discovery.FindAsync(version, document.Kind, cancellation) is not null)
                return $"; it is in \"{version}\"";
        }
        return await _discovery.ResourcesAsync(document.ApiVersion, cancellation) is { Count: > 0 } known
            ? $", which has {string.Join(", ", known.Select(r => r.Kind).Distinct().Order(StringComparer.Ordinal))}"
            : "";
    }

    /// <summary>Deletes what this call created, the last first; answers what could not be deleted.</summary>
    private async Task<List<string>> UndoAsync(List<AppliedObject> applied)
    {
        // Not cancelled with the call: undoing must finish.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var left = new List<string>();
        foreach (var made in Enumerable.Reverse(applied).Where(a => a.Outcome == AppliedAs.Created))
        {
            try
            {
                await api.SendRawAsync(HttpMethod.Delete, made.Resource.ObjectPath(made.Namespace, made.Name), null, cancellation: limit.Token);
            }
            catch (Exception e) when (e is KubeApiException { IsNotFound: false } or OperationCanceledException)
            {
                left.Add($"{made.Document.Kind} {made.Name}");
            }
            catch (KubeApiException)
            {
                // 404: gone already, as with the objects of a namespace that was deleted.
            }
        }
        return left;
    }

    private static string? Version(JsonObject value) => (string?)value["metadata"]?["resourceVersion"];
}
