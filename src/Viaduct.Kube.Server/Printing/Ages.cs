using System.Globalization;

namespace Viaduct.Kube.Server.Printing;

/// <summary>Durations as kubectl writes them: fewer units the longer they are (apimachinery duration.HumanDuration).</summary>
internal static class Ages
{
    public static string Since(string? timestamp, DateTimeOffset now) =>
        DateTimeOffset.TryParse(timestamp, CultureInfo.InvariantCulture, out var then) ? Show(now - then) : "<unknown>";

    public static string Show(TimeSpan duration)
    {
        var seconds = (long)Math.Floor(duration.TotalSeconds);
        if (seconds < -1)
            return "<invalid>";
        if (seconds < 60 * 2)
            return $"{Math.Max(seconds, 0)}s";
        var minutes = seconds / 60;
        if (minutes < 10)
            return seconds % 60 == 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s";
        if (minutes < 60 * 3)
            return $"{minutes}m";
        var hours = minutes / 60;
        if (hours < 8)
            return minutes % 60 == 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m";
        if (hours < 48)
            return $"{hours}h";
        var days = hours / 24;
        if (days < 8)
            return hours % 24 == 0 ? $"{days}d" : $"{days}d{hours % 24}h";
        if (days < 365 * 2)
            return $"{days}d";
        var years = days / 365;
        return years < 8 && days % 365 != 0 ? $"{years}y{days % 365}d" : $"{years}y";
    }
}
