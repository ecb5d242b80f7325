using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Viaduct.Kube.Manifests;

/// <summary>
/// What a plain YAML scalar means. kubectl reads YAML 1.1 as go-yaml v2 does (sigs.k8s.io/yaml): yes/no/on/off are booleans,
/// 0x, 0o, 0b and leading zeros are integers, underscores separate digits, and dates stay strings.
/// </summary>
internal static partial class YamlScalars
{
    /// <exception cref="FormatException">JSON has no such value (.inf, .nan).</exception>
    public static JsonNode? Resolve(string text)
    {
        if (text is "" or "~" or "null" or "Null" or "NULL")
            return null;
        if (Boolean(text) is { } truth)
            return JsonValue.Create(truth);
        if (text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF" or ".nan" or ".NaN" or ".NAN")
            throw new FormatException($"the number {text} has no JSON form");
        return text[0] is >= '0' and <= '9' or '+' or '-' or '.' ? Number(text) ?? JsonValue.Create(text) : JsonValue.Create(text);
    }

    public static bool? Boolean(string text) => text switch
    {
        "true" or "True" or "TRUE" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    };

    public static JsonValue? Number(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var negative = plain.StartsWith('-');
        var digits = plain.TrimStart('+', '-');
        if (plain.Length - digits.Length > 1 || digits.Length == 0)
            return null;
        if (Magnitude(digits) is { } magnitude)
            return Integer(negative, magnitude);
        return Float().IsMatch(plain) ? Parsed(double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture)) : null;
    }

    private static JsonValue Integer(bool negative, ulong magnitude)
    {
        if (!negative)
            return Parsed(magnitude);
        return magnitude <= (ulong)long.MaxValue + 1 ? Parsed(-(Int128)magnitude) : Parsed(-(double)magnitude);
    }

    /// <summary>As if it came from JSON text: a node made of a C# long could not be read as an int.</summary>
    private static JsonValue Parsed(IFormattable number) => JsonNode.Parse(number.ToString(null, CultureInfo.InvariantCulture))!.AsValue();

    /// <summary>Go's ParseUint with base 0.</summary>
    private static ulong? Magnitude(string digits)
    {
        var (radix, body) = digits.ToLowerInvariant() switch
        {
            ['0', 'x', .. var rest] => (16, rest),
            ['0', 'o', .. var rest] => (8, rest),
            ['0', 'b', .. var rest] => (2, rest),
            ['0', _, ..] => (8, digits[1..]),
            _ => (10, digits),
        };
        ulong value = 0;
        foreach (var c in body)
        {
            var digit = c is >= 'a' and <= 'f' ? c - 'a' + 10 : c - '0';
            if (digit < 0 || digit >= radix || value > (ulong.MaxValue - (ulong)digit) / (ulong)radix)
                return null;
            value = (value * (ulong)radix) + (ulong)digit;
        }
        return body.Length == 0 ? null : value;
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();
}
