using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server;

/// <summary>Short ways to read and change JSON objects of which the schema has been checked.</summary>
internal static class JsonNodes
{
    /// <summary>What is written is never embedded in HTML, so only what JSON itself demands is escaped.</summary>
    public static JsonWriterOptions WriterOptions { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] ToUtf8(this JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            node.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    public static string? Text(this JsonObject node, string field) =>
        node[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static bool Flag(this JsonObject node, string field) =>
        node[field] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static long? Number(this JsonObject node, string field) => node[field].ToNumber();

    /// <summary>The value as a whole number, whichever type it was created from.</summary>
    public static long? ToNumber(this JsonNode? node)
    {
        if (node is not JsonValue value)
            return null;
        if (value.TryGetValue<long>(out var number))
            return number;
        return value.TryGetValue<int>(out var small) ? small : null;
    }

    public static JsonObject? Child(this JsonObject node, string field) => node[field] as JsonObject;

    /// <summary>The object in <paramref name="field"/>, made if it is absent.</summary>
    public static JsonObject Ensure(this JsonObject node, string field)
    {
        if (node[field] is JsonObject child)
            return child;
        child = [];
        node[field] = child;
        return child;
    }

    /// <summary>The objects of a list; none when the list is absent.</summary>
    public static IEnumerable<JsonObject> Items(this JsonObject node, string field) =>
        (node[field] as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>The strings of a list; none when the list is absent.</summary>
    public static IEnumerable<string> Texts(this JsonObject node, string field) =>
        (node[field] as JsonArray)?.Select(n => n is JsonValue v && v.TryGetValue<string>(out var s) ? s : "") ?? [];

    /// <summary>The entries of a map of strings; none when it is absent.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Entries(this JsonObject node, string field)
    {
        foreach (var (key, value) in node.Child(field) ?? [])
            yield return new(key, value is JsonValue v && v.TryGetValue<string>(out var s) ? s : "");
    }

    /// <summary>Sets a field only if it is absent.</summary>
    public static void Default(this JsonObject node, string field, JsonNode value)
    {
        if (node[field] is null)
            node[field] = value;
    }

    /// <summary>Sets a number only if it is absent or zero, which mean the same in Go.</summary>
    public static void DefaultNumber(this JsonObject node, string field, long value)
    {
        if (node.Number(field) is null or 0)
            node[field] = value;
    }

    public static void CopyFrom(this JsonObject node, string field, JsonObject source)
    {
        if (source[field] is { } value)
            node[field] = value.DeepClone();
        else
            node.Remove(field);
    }

    /// <summary>The value at a path of fields, or an undefined element.</summary>
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var field in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(field, out element))
                return default;
        }
        return element;
    }

    public static string? TextAt(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    public static long NumberAt(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
    }

    public static bool FlagAt(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path).ValueKind == JsonValueKind.True;

    /// <summary>The elements of a list at a path; none when it is absent.</summary>
    public static IEnumerable<JsonElement> ItemsAt(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];
    }

    /// <summary>The entries of a map of strings at a path; none when it is absent.</summary>
    public static IEnumerable<KeyValuePair<string, string>> EntriesAt(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().Select(p => new KeyValuePair<string, string>(p.Name, p.Value.GetString() ?? ""))
            : [];
    }
}
