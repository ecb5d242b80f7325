using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Viaduct.Kube.Server.Pki;
using Viaduct.Linux.Namespaces;
using Kubeconfig = Viaduct.Kube.Config.Kubeconfig;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>
/// The API server as a proxy in a network namespace sees it: https on the namespace's loopback, with tokens and with the rights that deploy/proxy.yaml
/// grants. It passes requests on to a real server, writes down what was asked, and can be away, refuse and break off as real ones do.
/// </summary>
internal sealed class FrontDoor(NetNamespace inside, Kubeconfig server, CertificateAuthority authority, ProxyRights rights) : IAsyncDisposable
{
    public const int Port = 6443;

    private readonly HttpMessageInvoker _server = new(server.CreateHandler());
    private readonly ConcurrentQueue<SeenRequest> _seen = [];
    private CancellationTokenSource _streams = new();
    private WebApplication? _web;
    private Socket? _listener;

    /// <summary>Whoever brings another token is refused; null lets everybody in.</summary>
    public string? Token { get; set; }

    /// <summary>Answers a request with a code of its own instead of passing it on.</summary>
    public Func<SeenRequest, int?> Refuse { get; set; } = _ => null;

    /// <summary>Every request so far, in order, with its answer's code.</summary>
    public IReadOnlyList<SeenRequest> Seen => [.. _seen];

    public async Task OpenAsync()
    {
        _listener = inside.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, Port));
            return socket;
        });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.ListenHandle((ulong)_listener.Handle, UseHttps));
        _web = builder.Build();
        _web.Run(ServeAsync);
        await _web.StartAsync();
    }

    /// <summary>Ends all connections and refuses new ones, as a server does that went away.</summary>
    public async Task CloseAsync()
    {
        if (_web is null)
            return;
        await BreakOffAsync();
        await _web.StopAsync(new CancellationToken(canceled: true));
        await _web.DisposeAsync();
        _listener!.Dispose();
        _web = null;
    }

    /// <summary>Ends every watch, as servers do after some minutes.</summary>
    public async Task BreakOffAsync() => await Interlocked.Exchange(ref _streams, new CancellationTokenSource()).CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _server.Dispose();
        _streams.Dispose();
    }

    private void UseHttps(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate() });
    }

    private async Task ServeAsync(HttpContext context)
    {
        var request = new SeenRequest(
            context.Request.Method, context.Request.Path.Value!, Uri.UnescapeDataString(context.Request.QueryString.Value ?? ""), context.Request.Headers.Authorization.ToString());
        var code = Code(request);
        _seen.Enqueue(request with { Code = code ?? 0 });
        if (code is { } refusal)
            await RefuseAsync(context, request, refusal);
        else
            await PassOnAsync(context);
    }

    private int? Code(SeenRequest request) =>
        Token is not null && request.Authorization != $"Bearer {Token}" ? 401
        : !rights.Allow(request) ? 403
        : Refuse(request);

    private static async Task RefuseAsync(HttpContext context, SeenRequest request, int code)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["status"] = "Failure",
            ["reason"] = code switch { 401 => "Unauthorized", 403 => "Forbidden", 410 => "Expired", _ => "" },
            ["message"] = $"the test refuses {request.Method} {request.Path}",
            ["code"] = code,
        }.ToJsonString());
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _streams.Token);
        try
        {
            using var request = await CopyAsync(context.Request, stop.Token);
            using var answer = await _server.SendAsync(request, stop.Token);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await CopyAsync(await answer.Content.ReadAsStreamAsync(stop.Token), context.Response, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Either side went away; a watch that has begun ends here as it ends at a real server.
        }
    }

    private async Task<HttpRequestMessage> CopyAsync(HttpRequest from, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(server.Server, from.Path + from.QueryString.Value));
        if (from.Method is not ("POST" or "PUT" or "PATCH"))
            return request;
        using var body = new MemoryStream();
        await from.Body.CopyToAsync(body, cancellation);
        request.Content = new ByteArrayContent(body.ToArray());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", from.ContentType);
        return request;
    }

    // Each piece at once: a watch has no end to wait for.
    private static async Task CopyAsync(Stream from, HttpResponse to, CancellationToken cancellation)
    {
        await to.StartAsync(cancellation);
        var buffer = new byte[16384];
        while (await from.ReadAsync(buffer, cancellation) is var count and > 0)
        {
            await to.Body.WriteAsync(buffer.AsMemory(0, count), cancellation);
            await to.Body.FlushAsync(cancellation);
        }
    }
}

/// <summary>What the proxy asked of its API server.</summary>
/// <param name="Method">Of HTTP.</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">As it reads, or nothing.</param>
/// <param name="Authorization">The header.</param>
internal sealed record SeenRequest(string Method, string Path, string Query, string Authorization)
{
    /// <summary>With which it was refused; 0 if it was passed on.</summary>
    public int Code { get; init; }

    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);

    /// <summary>Whether it asks for everything there is, streamed or not.</summary>
    public bool IsList => Method == "GET" && (!IsWatch || Query.Contains("sendInitialEvents=true", StringComparison.Ordinal));
}
