using System.Buffers;
using System.Text.Json;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Http;

/// <summary>
/// Reads a list (<c>{"kind":...,"metadata":{...},"items":[...]}</c>) from buffers however they are cut, and hands each item on as soon
/// as it is there whole: what is kept is one item at most.
/// </summary>
internal sealed class ListParser<T>(Action<T> each)
    where T : class, IKubeObject<T>
{
    private JsonReaderState _state;
    private Place _place = Place.Fields;

    private enum Place
    {
        Fields,
        Metadata,
        OtherField,
        BeforeItems,
        Items,
    }

    /// <summary>What the list said about itself; complete when all was read.</summary>
    public ListMeta Metadata { get; private set; } = new();

    /// <summary>Reads what is there whole and answers where the rest begins, which must come again.</summary>
    public SequencePosition Read(ReadOnlySequence<byte> buffer, bool isLast)
    {
        var reader = new Utf8JsonReader(buffer, isLast, _state);
        while (true)
        {
            var before = reader;
            if (Step(ref reader))
                continue;
            _state = before.CurrentState;
            return before.Position;
        }
    }

    /// <summary>One token, or one whole value; false when it is not there yet.</summary>
    private bool Step(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            return false;
        switch (_place)
        {
            case Place.Fields:
                if (reader.TokenType == JsonTokenType.PropertyName)
                    _place = FieldPlace(ref reader);
                return true;
            case Place.BeforeItems:
                // A list without items may say null.
                _place = reader.TokenType == JsonTokenType.StartArray ? Place.Items : Place.Fields;
                return true;
            case Place.Items when reader.TokenType == JsonTokenType.EndArray:
                _place = Place.Fields;
                return true;
            default:
                return ReadValue(ref reader);
        }
    }

    private static Place FieldPlace(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("items") ? Place.BeforeItems
        : reader.ValueTextEquals("metadata") ? Place.Metadata
        : Place.OtherField;

    private bool ReadValue(ref Utf8JsonReader reader)
    {
        var ahead = reader;
        if (!ahead.TrySkip())
            return false;
        if (_place == Place.Items)
        {
            each(JsonSerializer.Deserialize(ref reader, T.JsonTypeInfo) ?? throw new JsonException("an item is null"));
            return true;
        }

        if (_place == Place.Metadata)
            Metadata = JsonSerializer.Deserialize(ref reader, KubeJson.Default.ListMeta) ?? new();
        else
            reader = ahead;
        _place = Place.Fields;
        return true;
    }
}
