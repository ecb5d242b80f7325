using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Manifests;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Kube.Server.Http;

/// <summary>Reads bodies in JSON, YAML and the protobuf of Go clients; what cannot be read is a bad request.</summary>
internal sealed class BodyReader(KubernetesSchema schema)
{
    private static readonly JsonDocumentOptions StrictJson = new() { AllowDuplicateProperties = false };

    private readonly ProtobufDecoder _protobuf = new(schema);

    /// <summary>An object of a kind, by its name in the schema.</summary>
    public async Task<JsonObject> ReadObjectAsync(HttpRequest request, string schemaType)
    {
        return await ReadAsync(request, schemaType).ConfigureAwait(false) as JsonObject
            ?? throw StatusErrors.BadRequest($"the object provided is unrecognized (must be of type {schema[schemaType].DisplayName}): the body is not an object");
    }

    /// <summary>The options of a deletion, which need no body.</summary>
    public async Task<DeleteOptions> ReadDeleteOptionsAsync(HttpRequest request)
    {
        var hasBody = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
        return request.DeleteOptions(hasBody ? await ReadObjectAsync(request, "V1DeleteOptions").ConfigureAwait(false) : []);
    }

    /// <summary>Any JSON value; <paramref name="schemaType"/> says what it is about.</summary>
    public async Task<JsonNode> ReadAsync(HttpRequest request, string schemaType)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted).ConfigureAwait(false);
        var body = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        try
        {
            return ApiRequest.MediaType(request.ContentType) switch
            {
                "application/vnd.kubernetes.protobuf" => _protobuf.Decode(body.Span, schemaType),
                "application/yaml" => ParseYaml(Encoding.UTF8.GetString(body.Span)),
                _ => JsonNode.Parse(body.Span, documentOptions: StrictJson) ?? throw new JsonException("the body is null"),
            };
        }
        catch (Exception e) when (e is JsonException or ManifestException or ProtobufException)
        {
            throw StatusErrors.BadRequest($"the object provided is unrecognized (must be of type {schema[schemaType].DisplayName}): {e.Message}");
        }
    }

    private static JsonObject ParseYaml(string text) => YamlManifest.Parse(text, "the body") is [var document]
        ? document.Content
        : throw new ManifestException("the body must hold one YAML document");
}
