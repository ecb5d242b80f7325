using System.Globalization;
using System.Text;

namespace Viaduct.Node.Logs;

/// <summary>
/// A line of a container's log file in the format of the CRI: <c>2026-01-02T03:04:05.000000000Z stdout F text</c>.
/// P instead of F marks a part of a longer line.
/// </summary>
internal readonly record struct CriLogLine(DateTimeOffset Time, string Stream, bool IsPartial, ReadOnlyMemory<byte> Text)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'";

    public static byte[] Format(DateTimeOffset time, string stream, bool isPartial, ReadOnlySpan<byte> text)
    {
        var head = Encoding.ASCII.GetBytes($"{FormatTime(time)} {stream} {(isPartial ? 'P' : 'F')} ");
        var line = new byte[head.Length + text.Length + 1];
        head.CopyTo(line, 0);
        text.CopyTo(line.AsSpan(head.Length));
        line[^1] = (byte)'\n';
        return line;
    }

    public static string FormatTime(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Reads a line without its line feed; null when it is not in the format.</summary>
    public static CriLogLine? Parse(ReadOnlyMemory<byte> line)
    {
        var span = line.Span;
        var time = span.IndexOf((byte)' ');
        var stream = time < 0 ? -1 : span[(time + 1)..].IndexOf((byte)' ') + time + 1;
        if (stream <= time || stream + 3 > span.Length || span[stream + 2] != ' ')
            return null;
        // Nine digits of a second are in the file, seven fit a DateTimeOffset.
        var stamp = Encoding.ASCII.GetString(span[..time]);
        if (!DateTimeOffset.TryParseExact(stamp, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            return null;
        return new CriLogLine(at, Encoding.ASCII.GetString(span[(time + 1)..stream]), span[stream + 1] == (byte)'P', line[(stream + 3)..]);
    }
}
