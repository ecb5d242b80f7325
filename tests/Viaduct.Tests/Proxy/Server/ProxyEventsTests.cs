using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server;
using Viaduct.Proxy.Server.Health;
using Viaduct.Tests.Fakes;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy.Server;

public sealed class ProxyEventsTests : IAsyncDisposable
{
    private static readonly ServiceName s_web = new("ns", "web");

    private readonly FakeKubeApi api = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ProxyEvents events;
    private Task running = Task.CompletedTask;

    public ProxyEventsTests() => events = new ProxyEvents(api, "node-1", NullLogger.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        stop.Dispose();
    }

    [Fact]
    public async Task A_warning_is_an_Event_about_the_Service_as_it_is_in_the_API()
    {
        var made = await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        running = events.RunAsync(stop.Token);
        events.Warn(s_web, "NotServed", "It is not.");
        await api.UntilAsync(() => api.All<Event>().Count == 1);
        var told = api.All<Event>()[0];
        Assert.Equal(("Warning", "NotServed", "It is not.", "kube-proxy", "node-1"), (told.Type, told.Reason, told.Message, told.Source!.Component, told.Source.Host));
        Assert.Equal(("v1", "Service", "ns", "web", made.Metadata.Uid), (told.InvolvedObject!.ApiVersion, told.InvolvedObject.Kind, told.InvolvedObject.Namespace, told.InvolvedObject.Name, told.InvolvedObject.Uid));
    }

    [Fact]
    public async Task A_warning_of_the_node_is_an_Event_about_it()
    {
        running = events.RunAsync(stop.Token);
        events.WarnOfNode("ConntrackHashSize", "It is small.");
        await api.UntilAsync(() => api.All<Event>().Count == 1);
        var told = api.All<Event>()[0];
        Assert.Equal(("Warning", "ConntrackHashSize", "It is small."), (told.Type, told.Reason, told.Message));
        Assert.Equal(("Node", "node-1", "node-1"), (told.InvolvedObject!.Kind, told.InvolvedObject.Name, told.InvolvedObject.Uid));
    }

    [Fact]
    public async Task A_health_check_whose_port_is_taken_is_an_Event_of_its_Service()
    {
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        running = events.RunAsync(stop.Token);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var servers = new ServiceHealthServers(() => [IPAddress.Loopback], () => true, events.WarnOfHealthCheck, NullLogger.Instance);
        servers.Update(ImmutableDictionary<ServiceName, HealthCheckState>.Empty.Add(s_web, new((ushort)((IPEndPoint)taken.LocalEndpoint).Port, 1)));
        await api.UntilAsync(() => api.All<Event>().Count == 1);
        var told = api.All<Event>()[0];
        Assert.Equal(("Warning", "FailedToStartServiceHealthcheck", "ns", "web"), (told.Type, told.Reason, told.InvolvedObject!.Namespace, told.InvolvedObject.Name));
    }

    [Fact]
    public async Task A_Service_that_cannot_be_looked_up_is_told_of_by_name()
    {
        api.Fault = r => r.StartsWith("LIST services", StringComparison.Ordinal) ? new KubeApiException(new Status { Code = 403, Message = "no" }) : null;
        running = events.RunAsync(stop.Token);
        events.Warn(s_web, "NotServed", "It is not.");
        await api.UntilAsync(() => api.All<Event>().Count == 1);
        Assert.Equal(("web", null), (api.All<Event>()[0].InvolvedObject!.Name, api.All<Event>()[0].InvolvedObject!.Uid));
    }

    [Fact]
    public async Task Telling_waits_for_nobody_and_the_oldest_are_left_out_when_too_many_wait()
    {
        for (var i = 0; i < 1200; i++)
            events.Warn(s_web, "NotServed", $"{i}");
        running = events.RunAsync(stop.Token);
        await api.UntilAsync(() => api.All<Event>().Count == 1000);
        Assert.Equal(Enumerable.Range(200, 1000), api.All<Event>().Select(e => int.Parse(e.Message!)).Order());
    }
}
