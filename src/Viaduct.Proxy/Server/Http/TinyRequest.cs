using System.Net.Sockets;
using System.Text;

namespace Viaduct.Proxy.Server.Http;

/// <summary>The first line of a request; headers are read and forgotten.</summary>
/// <param name="Method">Such as <c>GET</c>.</param>
/// <param name="Path">Without its query.</param>
internal readonly record struct TinyRequest(string Method, string Path)
{
    private const int LongestHead = 8192;

    /// <summary>Null when the client sent something else, or nothing.</summary>
    public static async Task<TinyRequest?> ReadAsync(Socket client, CancellationToken cancellation)
    {
        var buffer = new byte[LongestHead];
        var length = 0;
        while (length < buffer.Length)
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (read == 0)
                return null;
            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
                return Parse(Encoding.Latin1.GetString(buffer, 0, buffer.AsSpan(0, length).IndexOf("\r\n"u8)));
        }

        return null;
    }

    internal static TinyRequest? Parse(string line) =>
        line.Split(' ') is [var method, ['/', ..] target, "HTTP/1.0" or "HTTP/1.1"] ? new TinyRequest(method, target.Split('?')[0]) : null;
}
