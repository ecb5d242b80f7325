using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Manifests;

/// <summary>One object of a manifest and where it stands.</summary>
/// <param name="File">Name of the file, for messages.</param>
/// <param name="Index">Number of the document in the file, from 1.</param>
/// <param name="Line">First line of the document, from 1.</param>
/// <param name="Content">The object, with apiVersion and kind.</param>
public sealed record ManifestDocument(string File, int Index, int Line, JsonObject Content)
{
    public string ApiVersion => (string)Content["apiVersion"]!;

    public string Kind => (string)Content["kind"]!;

    public string? Name => Metadata("name");

    public string? Namespace => Metadata("namespace");

    /// <summary>Such as <c>shop.yaml, document 2 (line 14)</c>.</summary>
    public string Place => $"{File}, document {Index} (line {Line})";

    private string? Metadata(string field) => (Content["metadata"] as JsonObject)?[field] is JsonValue v && v.TryGetValue(out string? text) ? text : null;
}

/// <summary>Reads manifests as kubectl does: several YAML documents, JSON, and lists of objects.</summary>
public static class YamlManifest
{
    /// <exception cref="ManifestException">Names the file and the line.</exception>
    public static IReadOnlyList<ManifestDocument> Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ManifestException($"The manifest {path} cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="ManifestException">Names the file and the line.</exception>
    public static IReadOnlyList<ManifestDocument> Parse(string text, string file)
    {
        var documents = text.AsSpan().TrimStart() is ['{', ..] ? ReadJson(text, file) : YamlReader.Read(text, file);
        var found = new List<ManifestDocument>();
        for (var i = 0; i < documents.Count; i++)
        {
            if (documents[i].Value is not null)
                Add(found, documents[i].Value, file, i + 1, documents[i].Line);
        }
        return found;
    }

    private static void Add(List<ManifestDocument> found, JsonNode? value, string file, int index, int line)
    {
        var place = $"{file}, document {index} (line {line})";
        if (value is not JsonObject map)
            throw new ManifestException($"{place} is not an object: it needs apiVersion and kind.");
        foreach (var field in (string[])["apiVersion", "kind"])
        {
            if (map[field] is not JsonValue text || !text.TryGetValue(out string? name) || name.Length == 0)
                throw new ManifestException($"{place} has no {field}.");
        }
        if (map["items"] is not JsonArray items || !((string)map["kind"]!).EndsWith("List", StringComparison.Ordinal))
        {
            found.Add(new ManifestDocument(file, index, line, map));
            return;
        }
        foreach (var item in items)
            Add(found, item?.DeepClone(), file, index, line);
    }

    /// <summary>JSON is not read as YAML: tabs may indent it, and one value may follow the other without a separator.</summary>
    private static List<YamlDocument> ReadJson(string text, string file)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
        var found = new List<YamlDocument>();
        try
        {
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var value = bytes.AsSpan(start, (int)reader.BytesConsumed - start);
                found.Add(new YamlDocument(1 + bytes.AsSpan(0, start).Count((byte)'\n'), ParseStrictly(value)));
            }
        }
        catch (JsonException e)
        {
            throw new ManifestException($"{file}, line {(e.LineNumber ?? 0) + 1}: {e.Message}", e);
        }
        return found;
    }

    private static JsonNode? ParseStrictly(ReadOnlySpan<byte> value) =>
        JsonNode.Parse(value, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
}
