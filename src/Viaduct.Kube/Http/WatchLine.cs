using System.Buffers;
using System.Text.Json;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Http;

/// <summary>One line of a watch: <c>{"type":"ADDED","object":{...}}</c> (meta/v1 WatchEvent).</summary>
internal static class WatchLine
{
    /// <summary>False for an empty line; an ERROR event is thrown as what it is.</summary>
    public static bool TryParse<T>(ReadOnlySequence<byte> line, out WatchEvent<T> change)
        where T : class, IKubeObject<T>
    {
        change = default;
        if (line.IsEmpty)
            return false;
        try
        {
            change = Parse<T>(line);
            return true;
        }
        catch (JsonException e)
        {
            throw new KubeApiException(new Status { Code = 200, Reason = "UnexpectedAnswer", Message = $"A watch event cannot be understood: {e.Message}" }, e);
        }
    }

    private static WatchEvent<T> Parse<T>(ReadOnlySequence<byte> line)
        where T : class, IKubeObject<T>
    {
        var (type, value) = Split(line);
        var reader = new Utf8JsonReader(value);
        if (type == "ERROR")
            throw new KubeApiException(Failure(JsonSerializer.Deserialize(ref reader, KubeJson.Default.Status)));
        var parsed = JsonSerializer.Deserialize(ref reader, T.JsonTypeInfo) ?? throw new JsonException("the object is null");
        return new WatchEvent<T>(TypeOf(type), parsed);
    }

    /// <summary>Never without a code: that would mean that no answer came, and the same watch would be asked for again.</summary>
    private static Status Failure(Status? said) => said switch
    {
        null => throw new JsonException("the object is null"),
        { Code: 0 } => said with { Code = 500, Message = said.Message ?? "the watch failed, and the server does not say why" },
        _ => said,
    };

    private static WatchEventType TypeOf(string? type) => type switch
    {
        "ADDED" => WatchEventType.Added,
        "MODIFIED" => WatchEventType.Modified,
        "DELETED" => WatchEventType.Deleted,
        "BOOKMARK" => WatchEventType.Bookmark,
        _ => throw new JsonException($"unknown type \"{type}\""),
    };

    /// <summary>The type and the bytes of the object, in whatever order they stand.</summary>
    private static (string? Type, ReadOnlySequence<byte> Value) Split(ReadOnlySequence<byte> line)
    {
        string? type = null;
        ReadOnlySequence<byte>? value = null;
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type");
            var isObject = reader.ValueTextEquals("object");
            reader.Read();
            var start = reader.TokenStartIndex;
            if (isType)
                type = reader.GetString();
            reader.Skip();
            if (isObject)
                value = line.Slice(start, reader.BytesConsumed - start);
        }
        return (type, value ?? throw new JsonException("it has no object"));
    }
}
