using System.Globalization;
using System.Text;

namespace Viaduct.Proxy.Server.Http;

/// <summary>An answer of a <see cref="TinyHttpServer"/>.</summary>
/// <param name="Status">The HTTP status code.</param>
/// <param name="Body">The text.</param>
/// <param name="ContentType">What it is.</param>
public sealed record TinyAnswer(int Status, string Body, string ContentType = "text/plain; charset=utf-8")
{
    /// <summary>Further headers, each <c>Name: value</c>.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    public static TinyAnswer Json(int status, string body) => new(status, body, "application/json");

    public static TinyAnswer NotFound { get; } = new(404, "404 page not found\n");

    public static TinyAnswer OnlyGet { get; } = new(405, "only GET and HEAD are answered\n") { Headers = ["Allow: GET, HEAD"] };

    internal byte[] ToBytes(bool withBody)
    {
        var body = Encoding.UTF8.GetBytes(Body);
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {Status} {Reason}\r\nContent-Type: {ContentType}\r\nContent-Length: {body.Length}\r\n");
        head.Append("X-Content-Type-Options: nosniff\r\nConnection: close\r\n");
        foreach (var header in Headers)
            head.Append(header).Append("\r\n");
        byte[] bytes = [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. withBody ? body : []];
        return bytes;
    }

    private string Reason => Status switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    };
}
