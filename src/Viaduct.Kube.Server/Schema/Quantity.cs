using System.Globalization;
using System.Text.RegularExpressions;

namespace Viaduct.Kube.Server.Schema;

/// <summary>Resource quantities such as <c>100m</c>, <c>64Mi</c>, <c>1e3</c> (apimachinery pkg/api/resource).</summary>
internal static partial class Quantity
{
    public static bool IsValid(string text) => Format().IsMatch(text);

    /// <summary>The value in units of one, or null when the text is not a quantity.</summary>
    public static decimal? Value(string text)
    {
        var match = Format().Match(text);
        if (!match.Success || !decimal.TryParse(match.Groups["number"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return null;
        var suffix = match.Groups["suffix"].Value;
        if (suffix.Length > 1 && suffix[0] is 'e' or 'E' && int.TryParse(suffix.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
            return number * (decimal)Math.Pow(10, Math.Clamp(exponent, -20, 20));
        return number * Factor(suffix);
    }

    private static decimal Factor(string suffix) => suffix switch
    {
        "n" => 1e-9m,
        "u" => 1e-6m,
        "m" => 1e-3m,
        "k" => 1e3m,
        "M" => 1e6m,
        "G" => 1e9m,
        "T" => 1e12m,
        "P" => 1e15m,
        "E" => 1e18m,
        "Ki" => 1L << 10,
        "Mi" => 1L << 20,
        "Gi" => 1L << 30,
        "Ti" => 1L << 40,
        "Pi" => 1L << 50,
        "Ei" => 1L << 60,
        _ => 1m,
    };

    [GeneratedRegex(@"^(?<number>[+-]?([0-9]+\.?[0-9]*|\.[0-9]+))(?<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Format();
}
