using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Viaduct.Tests.Fakes;

/// <summary>A server on a loopback port that answers each request as a test says, and remembers what was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _web;

    private ScriptedServer(WebApplication web) => _web = web;

    public required Uri Address { get; init; }

    /// <summary>Method, path and query of each request.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>The header Authorization of each request.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = [];

    /// <param name="answer">Answers one request.</param>
    /// <param name="certificate">The server's, of which the first is the leaf; without one it speaks HTTP/1.1 in the clear, with one also HTTP/2.</param>
    /// <param name="accept">Whether a client's certificate, and what came with it, is good; null asks for none.</param>
    public static async Task<ScriptedServer> StartAsync(
        Func<HttpContext, Task> answer, X509Certificate2Collection? certificate = null, Func<X509Certificate2, X509Chain?, bool>? accept = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
                listen.UseHttps(Tls(certificate, accept));
        }));
        var web = builder.Build();
        ScriptedServer? server = null;
        web.Run(context => server!.AnswerAsync(context, answer));
        await web.StartAsync();
        var address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return server = new ScriptedServer(web) { Address = new Uri(address) };
    }

    /// <summary>Answers with a JSON text.</summary>
    public static Task JsonAsync(HttpContext context, string json, int code = 200)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }

    /// <summary>Refuses as a kube-apiserver does.</summary>
    public static Task RefuseAsync(HttpContext context, int code, string reason, string message) => JsonAsync(
        context, $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","code":{{code}}}""", code);

    /// <summary>Sends lines of a watch and keeps it open until the client goes.</summary>
    public static async Task WatchAsync(HttpContext context, params string[] lines)
    {
        context.Response.ContentType = "application/json";
        foreach (var line in lines)
            await context.Response.WriteAsync(line + "\n");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _web.StopAsync(now.Token);
        await _web.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
        return answer(context);
    }

    private static HttpsConnectionAdapterOptions Tls(X509Certificate2Collection certificate, Func<X509Certificate2, X509Chain?, bool>? accept) => new()
    {
        ServerCertificate = certificate[0],
        ServerCertificateChain = certificate,
        ClientCertificateMode = accept is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.AllowCertificate,
        ClientCertificateValidation = accept is null ? null : (leaf, chain, _) => accept(leaf, chain),
    };
}
