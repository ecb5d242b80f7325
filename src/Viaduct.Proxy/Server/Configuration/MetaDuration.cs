using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>Durations as Kubernetes writes them (Go's time.Duration): <c>1h0m0s</c>, <c>500ms</c>, <c>1.5h</c>.</summary>
internal static partial class MetaDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var negative = text.StartsWith('-');
        var rest = negative || text.StartsWith('+') ? text[1..] : text;
        if (rest == "0")
            return true;
        if (rest.Length == 0 || !Whole().IsMatch(rest))
            return false;
        var ticks = 0m;
        foreach (Match part in Part().Matches(rest))
            ticks += decimal.Parse(part.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * TicksOf(part.Groups[2].Value);
        if (ticks > long.MaxValue)
            return false;
        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    /// <summary>As Go prints it: hours, minutes and seconds; below a second in the unit that fits.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero)
            return "-" + Format(-duration);
        if (duration == TimeSpan.Zero)
            return "0s";
        if (duration < TimeSpan.FromSeconds(1))
        {
            return duration < TimeSpan.FromMilliseconds(1)
                ? $"{Number(duration.TotalMicroseconds)}µs"
                : $"{Number(duration.TotalMilliseconds)}ms";
        }

        var text = new StringBuilder();
        var hours = (long)duration.TotalHours;
        if (hours > 0)
            text.Append(CultureInfo.InvariantCulture, $"{hours}h");
        if (hours > 0 || duration.Minutes > 0)
            text.Append(CultureInfo.InvariantCulture, $"{duration.Minutes}m");
        return text.Append(Number(duration.Seconds + (duration.Ticks % TimeSpan.TicksPerSecond / (decimal)TimeSpan.TicksPerSecond))).Append('s').ToString();
    }

    private static string Number(double value) => value.ToString("0.#######", CultureInfo.InvariantCulture);

    private static string Number(decimal value) => value.ToString("0.#######", CultureInfo.InvariantCulture);

    private static decimal TicksOf(string unit) => unit switch
    {
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "ns" => 0.01m,
        _ => TimeSpan.TicksPerMicrosecond,
    };

    // At most twelve digits before the point: more would not fit into a decimal of ticks.
    [GeneratedRegex(@"^((\d{1,12}(\.\d{0,9})?|\.\d{1,9})(ns|us|µs|μs|ms|s|m|h))+$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")]
    private static partial Regex Part();
}
