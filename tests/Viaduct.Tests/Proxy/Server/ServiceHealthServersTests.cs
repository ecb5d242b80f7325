using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Health;
using Viaduct.Proxy.Server.Http;

namespace Viaduct.Tests.Proxy.Server;

public sealed class ServiceHealthServersTests : IDisposable
{
    private static readonly ServiceName Web = new("shop", "web");
    private readonly List<string> failures = [];
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly ServiceHealthServers servers;
    private bool healthy = true;

    public ServiceHealthServersTests() =>
        servers = new ServiceHealthServers(() => [IPAddress.Loopback], () => healthy, (_, message) => failures.Add(message), NullLogger.Instance);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        servers.Dispose();
        client.Dispose();
    }

    [Theory]
    [InlineData(3, true, 200)]
    [InlineData(0, true, 503)]
    [InlineData(3, false, 503)]
    public void An_answer_says_whether_and_how_much_traffic_should_come(int endpoints, bool isHealthy, int status)
    {
        var answer = ServiceHealthServers.Answer(Web, endpoints, isHealthy);
        Assert.Equal(status, answer.Status);
        Assert.Equal([$"X-Load-Balancing-Endpoint-Weight: {endpoints}"], answer.Headers);
        Assert.Equal(
            $$$"""{"service":{"namespace":"shop","name":"web"},"localEndpoints":{{{endpoints}}},"serviceProxyHealthy":{{{(isHealthy ? "true" : "false")}}}}""", answer.Body);
    }

    [Fact]
    public async Task A_port_answers_follows_its_count_and_closes_with_its_Service()
    {
        var port = FreePort();
        servers.Update(Checks(port, 2));
        using (var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz"), Ct))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(["2"], answer.Headers.GetValues("X-Load-Balancing-Endpoint-Weight"));
        }

        servers.Update(Checks(port, 0));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"), Ct)).StatusCode);
        servers.Update(ImmutableDictionary<ServiceName, HealthCheckState>.Empty);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{port}/"), Ct));
    }

    [Fact]
    public async Task A_taken_port_is_told_and_tried_again_at_the_next_change()
    {
        var port = FreePort();
        using (var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            other.Bind(new IPEndPoint(IPAddress.Loopback, port));
            other.Listen();
            servers.Update(Checks(port, 1));
        }

        Assert.Equal(
            $"The health check of Service shop/web cannot listen on 127.0.0.1:{port} (Address already in use): load balancers take this node for one without endpoints.",
            Assert.Single(failures));
        servers.Update(Checks(port, 1));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"), Ct)).StatusCode);
    }

    [Fact]
    public async Task What_is_no_request_is_refused_and_other_methods_too()
    {
        using var server = TinyHttpServer.Start(new IPEndPoint(IPAddress.Loopback, 0), _ => new TinyAnswer(200, "body"), NullLogger.Instance);
        Assert.StartsWith("HTTP/1.1 400 ", await SendAsync(server, "hello\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 405 ", await SendAsync(server, "POST / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nbody", await SendAsync(server, "GET /a?b=c HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", await SendAsync(server, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", await SendAsync(server, new string('x', 9000)), StringComparison.Ordinal);
    }

    private static async Task<string> SendAsync(TinyHttpServer server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address, Ct);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request), Ct);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Ct);
    }

    private static ImmutableDictionary<ServiceName, HealthCheckState> Checks(int port, int endpoints) =>
        ImmutableDictionary<ServiceName, HealthCheckState>.Empty.Add(Web, new HealthCheckState((ushort)port, endpoints));

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
