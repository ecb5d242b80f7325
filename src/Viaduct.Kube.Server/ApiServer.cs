using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Http;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Registry.Services;
using Viaduct.Kube.Server.Schema;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server;

/// <summary>The embedded Kubernetes API: a database, the rules of the kinds, and HTTPS in front.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly ObjectStore _store;
    private readonly NamespaceCleaner _cleaner;
    private readonly EventExpiry _expiry;
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _web;
    private int _isDisposed;

    private ApiServer(ObjectStore store, ObjectRegistry registry, KubernetesSchema schema, ApiServerOptions options)
    {
        var logger = options.LoggerFactory.CreateLogger<ApiServer>();
        _store = store;
        _cleaner = new NamespaceCleaner(registry, logger);
        _expiry = new EventExpiry(registry, logger);
        Api = new InProcessKubeApi(registry);
        var nodes = new NodeProxy(options.NodeSocket, logger, _stopping.Token);
        _web = Build(new RequestHandler(registry, new BodyReader(schema), nodes, new ClientCertificates(options.Certificates.Authority), logger), options);
    }

    /// <summary>The same API for this process, without the network.</summary>
    public IKubeApi Api { get; }

    /// <summary>The port of the first listener.</summary>
    public int Port { get; private set; }

    /// <summary>Opens the database, creates what every cluster has, and answers once the server listens.</summary>
    public static async Task<ApiServer> CreateAsync(ApiServerOptions options, CancellationToken cancellation)
    {
        var ranges = new ServiceRanges(options.ServiceCidr, options.NodePortRange);
        var store = ObjectStore.Open(options.DatabasePath, new ObjectStoreOptions(), options.LoggerFactory.CreateLogger<ObjectStore>());
        ApiServer? server = null;
        try
        {
            var schema = KubernetesSchema.Load();
            var registry = new ObjectRegistry(store, new ResourceCatalog(ranges), schema);
            foreach (var problem in await registry.StartAsync(ranges, options.ControlPlaneEndpoint).ConfigureAwait(false))
                Log.Allocation(options.LoggerFactory.CreateLogger<ApiServer>(), problem.ToString());
            server = new ApiServer(store, registry, schema, options);
            await server.StartAsync(cancellation).ConfigureAwait(false);
            return server;
        }
        catch
        {
            if (server is null)
                await store.DisposeAsync().ConfigureAwait(false);
            else
                await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        _store.CloseWatches();
        using (var timeout = new CancellationTokenSource(StopTimeout))
            await _web.StopAsync(timeout.Token).ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
        await _cleaner.DisposeAsync().ConfigureAwait(false);
        await _expiry.DisposeAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        _cleaner.Start();
        _expiry.Start();
        await _web.StartAsync(cancellation).ConfigureAwait(false);
        var addresses = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Port = addresses.Select(a => new Uri(a).Port).First();
    }

    private static WebApplication Build(RequestHandler handler, ApiServerOptions options)
    {
        // Empty: no configuration files, no environment variables, no signal handlers. Everything is in the options.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options));
        var web = builder.Build();
        web.Run(handler.HandleAsync);
        return web;
    }

    private static void Configure(KestrelServerOptions kestrel, ApiServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = ApiRequest.MaxBodySize;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        foreach (var endpoint in options.Listeners)
            kestrel.Listen(endpoint, listen => UseHttps(listen, options));
        foreach (var socket in options.ListeningSockets)
            kestrel.ListenHandle((ulong)socket.Handle, listen => UseHttps(listen, options));
    }

    private static void UseHttps(ListenOptions listen, ApiServerOptions options)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = options.Certificates.Server,
            // Whoever has no certificate, or a wrong one, gets a Status 401 instead of a failed handshake.
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (_, _, _) => true,
        });
    }

    /// <summary>The process's signals are its owner's matter.</summary>
    private sealed class QuietLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
