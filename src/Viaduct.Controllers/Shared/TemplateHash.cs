using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Viaduct.Controllers.Shared;

/// <summary>Compares pod templates by meaning: the order of fields does not count.</summary>
public static class TemplateHash
{
    /// <summary>The label that tells the pods of one ReplicaSet of a Deployment from those of another.</summary>
    public const string Label = "pod-template-hash";

    /// <summary>No vowels, and no digits that look like letters: the names can form no words (apimachinery util/rand).</summary>
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The template with its fields in order and without the hash label.</summary>
    public static byte[] Canonical(JsonElement? template)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        if (template is { } value)
            Write(writer, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A short name for a template: FNV-1a of its canonical form.</summary>
    public static string Of(ReadOnlySpan<byte> canonical)
    {
        var hash = 2166136261u;
        foreach (var b in canonical)
            hash = (hash ^ b) * 16777619u;
        var name = new StringBuilder();
        foreach (var digit in hash.ToString(CultureInfo.InvariantCulture))
            name.Append(Alphabet[digit % Alphabet.Length]);
        return name.ToString();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            writer.WriteStartObject();
            foreach (var field in value.EnumerateObject().Where(f => f.Name != Label).OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                writer.WritePropertyName(field.Name);
                Write(writer, field.Value);
            }
            writer.WriteEndObject();
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            writer.WriteStartArray();
            foreach (var item in value.EnumerateArray())
                Write(writer, item);
            writer.WriteEndArray();
        }
        else
        {
            value.WriteTo(writer);
        }
    }
}
