using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Server.Registry;

/// <summary>What is wrong with an object, field by field, in the words of the Kubernetes API (apimachinery field.Error).</summary>
internal sealed class FieldErrors
{
    private readonly List<StatusCause> _causes = [];

    public IReadOnlyList<StatusCause> Causes => _causes;

    public void Required(string field, string? detail = null) => Add(field, "FieldValueRequired", "Required value", detail);

    public void Invalid(string field, JsonNode? value, string detail) => Add(field, "FieldValueInvalid", $"Invalid value: {Show(value)}", detail);

    public void Duplicate(string field, JsonNode? value) => Add(field, "FieldValueDuplicate", $"Duplicate value: {Show(value)}", null);

    public void NotFound(string field, JsonNode? value) => Add(field, "FieldValueNotFound", $"Not found: {Show(value)}", null);

    public void Forbidden(string field, string detail) => Add(field, "FieldValueForbidden", "Forbidden", detail);

    public void NotSupported(string field, JsonNode? value, params ReadOnlySpan<string> supported)
    {
        var list = string.Join(", ", supported.ToArray().Order(StringComparer.Ordinal).Select(s => $"\"{s}\""));
        Add(field, "FieldValueNotSupported", $"Unsupported value: {Show(value)}", $"supported values: {list}");
    }

    private void Add(string field, string reason, string message, string? detail) =>
        _causes.Add(new StatusCause { Field = field, Reason = reason, Message = detail is null ? message : $"{message}: {detail}" });

    private static string Show(JsonNode? value) => value is null ? "null" : System.Text.Encoding.UTF8.GetString(value.ToUtf8());
}
