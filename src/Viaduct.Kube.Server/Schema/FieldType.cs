using System.Globalization;

namespace Viaduct.Kube.Server.Schema;

internal enum FieldKind
{
    String,
    Int32,
    Int64,
    Float64,
    Bool,
    Time,
    Bytes,
    IntOrString,
    Quantity,
    Any,
    List,
    Map,
    Object,
}

/// <summary>The type of a field: a scalar, a list or map of <paramref name="Element"/>, or an object of a named type.</summary>
internal sealed record FieldType(FieldKind Kind, FieldType? Element = null, string? TypeName = null)
{
    /// <summary>As the schema file writes it: <c>[]V1Container</c>, <c>{}string</c>, <c>int32</c>.</summary>
    public static FieldType Parse(string text)
    {
        if (text.StartsWith("[]", StringComparison.Ordinal))
            return new FieldType(FieldKind.List, Parse(text[2..]));
        if (text.StartsWith("{}", StringComparison.Ordinal))
            return new FieldType(FieldKind.Map, Parse(text[2..]));
        return text switch
        {
            "string" => new FieldType(FieldKind.String),
            "int32" => new FieldType(FieldKind.Int32),
            "int64" => new FieldType(FieldKind.Int64),
            "float64" => new FieldType(FieldKind.Float64),
            "bool" => new FieldType(FieldKind.Bool),
            "time" => new FieldType(FieldKind.Time),
            "bytes" => new FieldType(FieldKind.Bytes),
            "intOrString" => new FieldType(FieldKind.IntOrString),
            "quantity" => new FieldType(FieldKind.Quantity),
            "any" => new FieldType(FieldKind.Any),
            _ => new FieldType(FieldKind.Object, TypeName: text),
        };
    }
}

/// <summary>
/// Where a field stands in protobuf: its number, or the number of an embedded message, of which JSON writes the fields inline, and that in it.
/// </summary>
internal readonly record struct FieldNumber(int Outer, int Inner)
{
    public static FieldNumber Parse(string text)
    {
        var parts = text.Split('.');
        return new FieldNumber(int.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length == 1 ? 0 : int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}

/// <summary>
/// An object type of the API: its unique name in the schema, its name in error sentences (<c>ServicePort</c>), its fields by name, and their names by
/// number in protobuf.
/// </summary>
internal sealed record ObjectType(string Name, string DisplayName, IReadOnlyDictionary<string, FieldType> Fields, IReadOnlyDictionary<FieldNumber, string> Numbers);
