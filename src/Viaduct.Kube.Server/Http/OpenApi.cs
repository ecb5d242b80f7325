using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Http;

/// <summary>
/// The least of OpenAPI v3 that kubectl needs before it writes: that PATCH of a kind takes the parameter fieldValidation, so that
/// this server, which knows the schema, checks the fields. Strategic merge patches are then made from kubectl's own types.
/// </summary>
internal sealed class OpenApi
{
    private const string Version2Type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    // kubectl turns to OpenAPI v2, in protobuf, for kinds that v3 does not know; when that does not know them either it says that there is no such
    // kind. This is the document that knows none: swagger: "2.0", info: {title: "Viaduct", version: "v1"}.
    private static readonly byte[] EmptyVersion2 = [0x0a, 3, .. "2.0"u8, 0x12, 13, 0x0a, 7, .. "Viaduct"u8, 0x12, 2, .. "v1"u8];

    private readonly Dictionary<string, byte[]> _documents = new(StringComparer.Ordinal);

    public OpenApi(ResourceCatalog catalog)
    {
        var index = new JsonObject();
        foreach (var group in catalog.All.GroupBy(s => s.Resource.CollectionPath(null)[1..^(s.Resource.Plural.Length + 1)]))
        {
            index[group.Key] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{group.Key}" };
            _documents[$"/openapi/v3/{group.Key}"] = Document(group.Select(s => s.Resource)).ToUtf8();
        }
        _documents["/openapi/v3"] = new JsonObject { ["paths"] = index }.ToUtf8();
    }

    public bool TryFind(HttpRequest request, out ReadOnlyMemory<byte> document, out string contentType)
    {
        contentType = "application/json";
        if (request.Path == "/openapi/v2")
        {
            (document, contentType) = (EmptyVersion2, Version2Type);
            return true;
        }
        var isKnown = _documents.TryGetValue(request.Path.Value!.TrimEnd('/'), out var found);
        document = found;
        return isKnown;
    }

    private static JsonObject Document(IEnumerable<ResourceType> resources)
    {
        var paths = new JsonObject();
        foreach (var resource in resources)
            paths[resource.ObjectPath("{namespace}", "{name}")] = new JsonObject { ["patch"] = Patch(resource) };
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Viaduct", ["version"] = "v1" },
            ["paths"] = paths,
        };
    }

    private static JsonObject Patch(ResourceType resource) => new()
    {
        ["parameters"] = new JsonArray(new JsonObject
        {
            ["name"] = "fieldValidation",
            ["in"] = "query",
            ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
        }),
        ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
        ["x-kubernetes-action"] = "patch",
        ["x-kubernetes-group-version-kind"] = new JsonObject { ["group"] = resource.Group, ["version"] = resource.Version, ["kind"] = resource.Kind },
    };
}
