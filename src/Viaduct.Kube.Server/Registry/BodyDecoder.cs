using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Schema;

namespace Viaduct.Kube.Server.Registry;

/// <summary>Makes a request's body an object of its kind: the right kind, the right types, known fields only.</summary>
internal sealed class BodyDecoder(KubernetesSchema schema)
{
    private readonly SchemaDecoder _decoder = new(schema);

    public JsonObject Decode(JsonObject body, ResourceStrategy strategy, WriteOptions options) =>
        Decode(body, strategy.Resource, strategy.SchemaType, options);

    public JsonObject Decode(JsonObject body, ResourceType resource, string schemaType, WriteOptions options)
    {
        CheckKind(body, resource);
        IReadOnlyList<string> unknown;
        try
        {
            unknown = _decoder.Decode(body, schemaType);
        }
        catch (SchemaException e)
        {
            throw StatusErrors.BadRequest($"{Prefix(resource)}{e.Message}");
        }
        Report(unknown, resource, options);
        // The kind stands first, as in every manifest.
        body.Remove("apiVersion");
        body.Remove("kind");
        body.Insert(0, "apiVersion", resource.ApiVersion);
        body.Insert(0, "kind", resource.Kind);
        return body;
    }

    private static void CheckKind(JsonObject body, ResourceType resource)
    {
        if (body.Text("kind") is { Length: > 0 } kind && kind != resource.Kind)
            throw StatusErrors.BadRequest($"{kind} in version \"{Version(body.Text("apiVersion"))}\" cannot be handled as a {resource.Kind}: the path is of {resource.Qualified()}");
        if (body.Text("apiVersion") is { Length: > 0 } version && version != resource.ApiVersion)
            throw StatusErrors.BadRequest($"the API version in the data ({version}) does not match the expected API version ({resource.ApiVersion})");
    }

    private static void Report(IReadOnlyList<string> unknown, ResourceType resource, WriteOptions options)
    {
        if (unknown.Count == 0 || options.FieldValidation == FieldValidation.Ignore)
            return;
        var sentences = unknown.Select(f => $"unknown field \"{f}\"").ToList();
        if (options.FieldValidation == FieldValidation.Strict)
            throw StatusErrors.BadRequest($"{Prefix(resource)}strict decoding error: {string.Join(", ", sentences)}");
        options.Warnings.AddRange(sentences);
    }

    private static string Prefix(ResourceType resource) => $"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: ";

    private static string Version(string? apiVersion) => apiVersion is null ? "" : apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
