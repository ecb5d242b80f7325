using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Viaduct.Lab.Drawing;

/// <summary>A view for machines.</summary>
public static class NetworkJson
{
    public static string Write(NetworkView view) => JsonSerializer.Serialize(view, NetworkJsonContext.Default.NetworkView);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(AddressConverter)])]
[JsonSerializable(typeof(NetworkView))]
internal sealed partial class NetworkJsonContext : JsonSerializerContext;

/// <summary>An address as its text.</summary>
internal sealed class AddressConverter : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => IPAddress.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
