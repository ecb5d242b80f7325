using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Viaduct.Kube.Objects;

/// <summary>A number or a name, as in <c>targetPort</c> (apimachinery util/intstr).</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString(int Number, string? Name)
{
    public static implicit operator IntOrString(int number) => new(number, null);

    public static implicit operator IntOrString(string name) => new(0, name);

    public override string ToString() => Name ?? Number.ToString(CultureInfo.InvariantCulture);
}

internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : reader.GetString()!;

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Name is null)
            writer.WriteNumberValue(value.Number);
        else
            writer.WriteStringValue(value.Name);
    }
}
