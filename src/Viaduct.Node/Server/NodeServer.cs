using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Containers;
using Viaduct.Node.Pods;

namespace Viaduct.Node.Server;

/// <summary>The agent's HTTP API on a unix socket, with the paths of a kubelet where a kubelet has them. Who may open the socket may use it.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private readonly NodeOptions _options;
    private readonly WebApplication _app;

    public NodeServer(NodeOptions options, NetNamespace node, PodManager pods, ExecRunner exec, ILoggerFactory loggers)
    {
        _options = options;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(options.SocketPath));
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapGet("/healthz", (RequestDelegate)(context => context.Response.WriteAsync("ok\n", context.RequestAborted)));
        _app.MapGet("/viaduct/state", new StateEndpoint(options, pods).HandleAsync);
        _app.MapGet("/containerLogs/{ns}/{pod}/{container}", new LogsEndpoint(pods).HandleAsync);
        _app.MapPost(ConnectivityEndpoint.Path, new ConnectivityEndpoint(from => NamespaceOf(from, node, pods)).HandleAsync);
        _app.Map("/exec/{ns}/{pod}/{container}", new ExecEndpoint(options, pods, exec).HandleAsync);
    }

    /// <summary>Answers GET and PUT on another path; before the start.</summary>
    public void AddPage(string path, RequestDelegate page) => _app.MapMethods(path, ["GET", "PUT"], page);

    public Task StartAsync(CancellationToken cancellation)
    {
        // Left behind by an agent that was killed: binding to it would fail.
        File.Delete(_options.SocketPath);
        return _app.StartAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    /// <summary><c>node</c>, or the key of a pod.</summary>
    private static NetNamespace? NamespaceOf(string from, NetNamespace node, PodManager pods) => from.Split('/') switch
    {
        ["node"] => node,
        [var ns, var name] => pods.Find(ns, name)?.Sandbox?.Namespace,
        _ => null,
    };

    /// <summary>The host's own would take over this process's signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
