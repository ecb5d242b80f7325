using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Schema;

/// <summary>The body has a value of the wrong type; the message is the one that a Go decoder gives.</summary>
internal sealed class SchemaException(string message) : Exception(message);

/// <summary>
/// Checks a body against the types of the API, takes out null values (they mean absent) and unknown fields, and says which those were.
/// Required fields are not its matter: as in the real server, validation asks for them.
/// </summary>
internal sealed class SchemaDecoder(KubernetesSchema schema)
{
    /// <summary>Cleans <paramref name="value"/> in place; answers the paths of the unknown fields.</summary>
    public IReadOnlyList<string> Decode(JsonObject value, string typeName)
    {
        var unknown = new List<string>();
        DecodeObject(value, schema[typeName], new Path(null, ""), unknown);
        return unknown;
    }

    private void DecodeObject(JsonObject value, ObjectType type, Path path, List<string> unknown)
    {
        foreach (var (name, child) in value.ToList())
        {
            if (!type.Fields.TryGetValue(name, out var field))
            {
                unknown.Add(path.Field(name).WithIndexes());
                value.Remove(name);
            }
            else if (child is null)
                value.Remove(name);
            else
                DecodeValue(child, field, type, path.Field(name), unknown);
        }
    }

    private void DecodeValue(JsonNode value, FieldType type, ObjectType owner, Path path, List<string> unknown)
    {
        switch (type.Kind)
        {
            case FieldKind.Any:
                return;
            case FieldKind.Object:
                DecodeObject(value as JsonObject ?? throw Mismatch(value, type, owner, path), schema[type.TypeName!], path, unknown);
                return;
            case FieldKind.List:
                DecodeList(value as JsonArray ?? throw Mismatch(value, type, owner, path), type.Element!, owner, path, unknown);
                return;
            case FieldKind.Map:
                DecodeMap(value as JsonObject ?? throw Mismatch(value, type, owner, path), type.Element!, owner, path, unknown);
                return;
            default:
                CheckScalar(value, type, owner, path);
                return;
        }
    }

    private void DecodeList(JsonArray value, FieldType element, ObjectType owner, Path path, List<string> unknown)
    {
        for (var i = 0; i < value.Count; i++)
        {
            // Go decodes null as the empty value of the element.
            value[i] ??= element.Kind == FieldKind.Object ? new JsonObject() : JsonValue.Create("");
            DecodeValue(value[i]!, element, owner, path.Index(i), unknown);
        }
    }

    private void DecodeMap(JsonObject value, FieldType element, ObjectType owner, Path path, List<string> unknown)
    {
        foreach (var (key, child) in value.ToList())
        {
            if (child is null)
                value[key] = "";
            else
                DecodeValue(child, element, owner, path.Key(key), unknown);
        }
    }

    private void CheckScalar(JsonNode value, FieldType type, ObjectType owner, Path path)
    {
        var kind = value.GetValueKind();
        var fits = type.Kind switch
        {
            FieldKind.String or FieldKind.Bytes or FieldKind.Time => kind == JsonValueKind.String,
            FieldKind.Bool => kind is JsonValueKind.True or JsonValueKind.False,
            FieldKind.Int32 => kind == JsonValueKind.Number && int.TryParse(value.ToJsonString(), out _),
            FieldKind.Int64 => kind == JsonValueKind.Number && long.TryParse(value.ToJsonString(), out _),
            FieldKind.Float64 => kind == JsonValueKind.Number,
            FieldKind.IntOrString => kind == JsonValueKind.String || (kind == JsonValueKind.Number && int.TryParse(value.ToJsonString(), out _)),
            FieldKind.Quantity => kind is JsonValueKind.String or JsonValueKind.Number,
            _ => true,
        };
        if (!fits)
            throw Mismatch(value, type, owner, path);
        CheckText(value, type.Kind);
        if (type.Kind == FieldKind.Quantity && kind == JsonValueKind.Number)
            value.Parent!.AsObject()[value.GetPropertyName()] = value.ToJsonString();
    }

    private static void CheckText(JsonNode value, FieldKind kind)
    {
        switch (kind)
        {
            case FieldKind.Quantity when !Quantity.IsValid(value.ToString()):
                throw new SchemaException("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
            case FieldKind.Time when !DateTimeOffset.TryParse(value.ToString(), out _):
                throw new SchemaException($"parsing time \"{value}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{value}\" as \"2006\"");
            case FieldKind.Bytes when !Convert.TryFromBase64String(value.ToString(), new byte[value.ToString().Length], out _):
                throw new SchemaException("illegal base64 data at input byte 0");
        }
    }

    private SchemaException Mismatch(JsonNode value, FieldType type, ObjectType owner, Path path)
    {
        var what = value.GetValueKind() switch
        {
            JsonValueKind.Number when type.Kind is FieldKind.Int32 or FieldKind.Int64 or FieldKind.IntOrString => $"number {value.ToJsonString()}",
            JsonValueKind.Number => "number",
            JsonValueKind.True or JsonValueKind.False => "bool",
            var kind => kind.ToString().ToLowerInvariant(),
        };
        var where = type.Kind == FieldKind.IntOrString ? "Go value" : $"Go struct field {owner.DisplayName}.{path.WithoutIndexes()}";
        return new SchemaException($"json: cannot unmarshal {what} into {where} of type {GoType(type)}");
    }

    private string GoType(FieldType type) => type.Kind switch
    {
        FieldKind.List => "[]" + GoType(type.Element!),
        FieldKind.Map => "map[string]" + GoType(type.Element!),
        FieldKind.Object => "v1." + schema[type.TypeName!].DisplayName,
        FieldKind.Bytes => "[]uint8",
        FieldKind.IntOrString => "int32",
        FieldKind.Time => "string",
        FieldKind.Quantity => "resource.Quantity",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>Where the decoder is; written out only for an error.</summary>
    private sealed record Path(Path? Parent, string Name, int? Position = null, bool IsKey = false)
    {
        public Path Field(string name) => new(this, name);

        public Path Key(string name) => new(this, name, IsKey: true);

        public Path Index(int position) => new(this, "", position);

        /// <summary><c>spec.ports[0].foo</c>, as unknown fields are named.</summary>
        public string WithIndexes() => Write(true);

        /// <summary><c>spec.ports.port</c>, as a Go decoder names it.</summary>
        public string WithoutIndexes() => Write(false);

        private string Write(bool full)
        {
            var text = new StringBuilder(Parent?.Write(full));
            if (Position is { } position)
                return full ? text.Append('[').Append(position).Append(']').ToString() : text.ToString();
            if (IsKey && !full)
                return text.ToString();
            if (text.Length > 0)
                text.Append('.');
            return text.Append(Name).ToString();
        }
    }
}
