using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>Values of fields: from JSON, from the text of a flag, and back to JSON.</summary>
internal static class ConfigValues
{
    /// <summary>The value, or null when <paramref name="node"/> is none of the field's kind.</summary>
    public static object? FromJson(ConfigKind kind, JsonNode node) => kind switch
    {
        ConfigKind.Text => Scalar<string>(node),
        ConfigKind.Boolean => node is JsonValue v && v.TryGetValue(out bool b) ? b : null,
        ConfigKind.Integer => node is JsonValue v && v.TryGetValue(out int i) ? i : null,
        ConfigKind.Number => node is JsonValue v && v.TryGetValue(out double d) ? d : null,
        ConfigKind.Duration => Scalar<string>(node) is { } text && MetaDuration.TryParse(text, out var duration) ? duration : null,
        ConfigKind.TextList => node is JsonArray array && array.All(n => n is not null && Scalar<string>(n) is not null)
            ? array.Select(n => (string)n!).ToImmutableArray() : null,
        ConfigKind.Switches => node is JsonObject map && map.All(p => p.Value is JsonValue v && v.TryGetValue(out bool _))
            ? map.ToImmutableSortedDictionary(p => p.Key, p => (bool)p.Value!) : null,
        _ => node,
    };

    /// <summary>The value, or null when a flag cannot mean it.</summary>
    public static object? FromFlag(ConfigKind kind, string text) => kind switch
    {
        ConfigKind.Text => text,
        ConfigKind.Boolean => Truth(text),
        ConfigKind.Integer => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) ? i : null,
        ConfigKind.Number => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? d : null,
        ConfigKind.Duration => MetaDuration.TryParse(text, out var duration) ? duration : null,
        ConfigKind.TextList => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToImmutableArray(),
        ConfigKind.Switches => Switches(text),
        _ => JsonValue.Create(text),
    };

    public static JsonNode? ToJson(ConfigKind kind, object? value) => (kind, value) switch
    {
        (ConfigKind.TextList, ImmutableArray<string> list) => new JsonArray([.. list.Select(t => (JsonNode)JsonValue.Create(t))]),
        (ConfigKind.Switches, ImmutableSortedDictionary<string, bool> map) =>
            new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)JsonValue.Create(p.Value)))),
        (ConfigKind.Duration, TimeSpan duration) => JsonValue.Create(MetaDuration.Format(duration)),
        (_, string text) => JsonValue.Create(text),
        (_, bool truth) => JsonValue.Create(truth),
        (_, int number) => JsonValue.Create(number),
        (_, double number) => JsonValue.Create(number),
        (_, JsonNode node) => node.DeepClone(),
        _ => null,
    };

    /// <summary>Zero, empty or false.</summary>
    public static bool IsZero(object value) => value switch
    {
        string text => text.Length == 0,
        bool truth => !truth,
        int number => number == 0,
        double number => number == 0,
        TimeSpan duration => duration == TimeSpan.Zero,
        _ => false,
    };

    /// <summary>Completes "... must be".</summary>
    public static string Describe(ConfigKind kind) => kind switch
    {
        ConfigKind.Text => "a text",
        ConfigKind.Boolean => "true or false",
        ConfigKind.Integer => "a whole number of 32 bits",
        ConfigKind.Number => "a number",
        ConfigKind.Duration => "a duration such as 30s or 1h0m0s",
        ConfigKind.TextList => "a list of texts",
        ConfigKind.Switches => "a mapping of names to true or false",
        _ => "a value",
    };

    private static T? Scalar<T>(JsonNode node)
        where T : class => node is JsonValue value && value.TryGetValue(out T? found) ? found : null;

    /// <summary>What Go's strconv.ParseBool takes.</summary>
    private static object? Truth(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };

    private static ImmutableSortedDictionary<string, bool>? Switches(string text)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, bool>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=', 2) is not [var name, var value] || Truth(value) is not bool truth)
                return null;
            map[name] = truth;
        }

        return map.ToImmutable();
    }
}
