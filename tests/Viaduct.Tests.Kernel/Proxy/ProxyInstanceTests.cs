using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Tests.Fakes;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>A whole proxy. Its health checks listen outside the namespace of its rules, for the threads that open them are there.</summary>
public sealed class ProxyInstanceTests : IAsyncDisposable
{
    private readonly FakeKubeApi api = new();
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly CancellationTokenSource stop = new();
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly ProxyInstance instance;
    private Task running = Task.CompletedTask;

    public ProxyInstanceTests()
    {
        var configuration = ProxyConfiguration.For([IPNetwork.Parse("172.20.0.0/16")], ProxyMode.Nftables)
            .With("nodePortAddresses", ImmutableArray<string>.Empty).With("healthzBindAddress", "").With("metricsBindAddress", "");
        var node = new NodeIdentity { Name = "here", Addresses = [IPAddress.Parse("192.0.2.1")] };
        instance = ns.Run(() => ProxyInstance.Open(configuration, node, api, NullLoggerFactory.Instance));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        instance.Dispose();
        client.Dispose();
        ns.Dispose();
        stop.Dispose();
    }

    [Fact]
    public async Task A_health_check_whose_port_is_taken_is_an_Event_of_its_Service_and_answers_when_the_port_is_free_again()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var service = Service("web", "10.96.0.10", Port("http", 80, nodePort: 30080));
        await api.CreateAsync(service with { Spec = service.Spec! with { Type = "LoadBalancer", ExternalTrafficPolicy = "Local", HealthCheckNodePort = port } }, Cancellation);
        running = instance.RunAsync(stop.Token);
        await api.UntilAsync(() => api.All<Event>().Count > 0);
        var told = Assert.Single(api.All<Event>());
        Assert.Equal(("Warning", "FailedToStartServiceHealthcheck", "ns", "web"), (told.Type, told.Reason, told.InvolvedObject!.Namespace, told.InvolvedObject.Name));

        taken.Stop();
        await api.CreateAsync(Slice("web", "web-1", "http", 8080, Pod("172.20.0.2", node: "here"), Pod("172.20.0.3", node: "other")), Cancellation);
        using var answer = await AskUntilItListensAsync(port);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["1"], answer.Headers.GetValues("X-Load-Balancing-Endpoint-Weight"));
        Assert.Single(api.All<Event>());
    }

    private async Task<HttpResponseMessage> AskUntilItListensAsync(int port)
    {
        while (true)
        {
            try
            {
                return await client.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz"), Cancellation);
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError && !running.IsCompleted)
            {
                await Task.Yield();
            }
        }
    }
}
