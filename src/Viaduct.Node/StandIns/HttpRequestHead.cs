using System.Globalization;
using System.Text;

namespace Viaduct.Node.StandIns;

/// <summary>As much of an HTTP/1 request (RFC 9112) as a server needs that answers every path alike.</summary>
internal sealed record HttpRequestHead
{
    private static readonly byte[][] s_starts =
    [
        .. new[] { "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "CONNECT " }.Select(Encoding.ASCII.GetBytes),
    ];

    public required string RequestLine { get; init; }

    public required bool IsHead { get; init; }

    public required bool KeepAlive { get; init; }

    public required bool ExpectsContinue { get; init; }

    public required bool IsChunked { get; init; }

    public required long ContentLength { get; init; }

    /// <summary>True: a request begins here. False: it is something else. Null: too few bytes to tell.</summary>
    public static bool? LooksLikeHttp(ReadOnlySpan<byte> data)
    {
        foreach (var start in s_starts)
        {
            if (data.Length >= start.Length ? data.StartsWith(start) : start.AsSpan().StartsWith(data))
                return data.Length >= start.Length ? true : null;
        }

        return false;
    }

    /// <summary>Reads the head without its closing empty line; null when it is not HTTP/1.</summary>
    public static HttpRequestHead? Parse(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        var request = lines[0].Split(' ');
        if (request.Length != 3 || !request[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
            return null;
        var headers = lines.Skip(1).Select(l => l.Split(':', 2)).Where(p => p.Length == 2)
            .ToLookup(p => p[0].Trim(), p => p[1].Trim(), StringComparer.OrdinalIgnoreCase);
        bool Has(string name, string token) => headers[name].SelectMany(v => v.Split(',')).Any(v => v.Trim().Equals(token, StringComparison.OrdinalIgnoreCase));
        return new HttpRequestHead
        {
            RequestLine = lines[0],
            IsHead = request[0] == "HEAD",
            KeepAlive = request[2] == "HTTP/1.0" ? Has("Connection", "keep-alive") : !Has("Connection", "close"),
            ExpectsContinue = Has("Expect", "100-continue"),
            IsChunked = Has("Transfer-Encoding", "chunked"),
            ContentLength = long.TryParse(headers["Content-Length"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0,
        };
    }
}
