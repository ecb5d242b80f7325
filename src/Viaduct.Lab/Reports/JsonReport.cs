using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>A transcript for machines, in all languages.</summary>
public static class JsonReport
{
    private static readonly TranscriptJsonContext s_context = new(new JsonSerializerOptions(TranscriptJsonContext.Default.Options)
    {
        // Chinese as itself; the document is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Write(Transcript transcript) => JsonSerializer.Serialize(transcript, s_context.Transcript);

    /// <summary>Several, as an array.</summary>
    public static string Write(IReadOnlyList<Transcript> transcripts) => JsonSerializer.Serialize(transcripts, s_context.IReadOnlyListTranscript);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(AddressConverter)])]
[JsonSerializable(typeof(Transcript))]
[JsonSerializable(typeof(IReadOnlyList<Transcript>))]
internal sealed partial class TranscriptJsonContext : JsonSerializerContext;
