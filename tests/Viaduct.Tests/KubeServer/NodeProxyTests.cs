using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Viaduct.Tests.KubeServer;

public sealed class NodeProxyTests(ServerHarness api) : IClassFixture<ServerHarness>
{
    private const string PodPath = "/api/v1/namespaces/default/pods";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_come_from_the_node_of_the_pod()
    {
        await using var node = await StartNodeAsync(async context =>
            await context.Response.WriteAsync($"{context.Request.Path}{context.Request.QueryString}", Cancellation));
        await CreatePodAsync("logs", "n1");
        var text = await api.Client.GetStringAsync(new Uri($"{PodPath}/logs/log?tailLines=5", UriKind.Relative), Cancellation);
        Assert.Equal("/containerLogs/default/logs/main?tailLines=5", text);
    }

    [Fact]
    public async Task Exec_carries_the_frames_both_ways()
    {
        await using var node = await StartNodeAsync(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync("v5.channel.k8s.io");
            await EchoAsync(socket, $"{context.Request.Path}{context.Request.QueryString} ");
        });
        await CreatePodAsync("exec", "n1");
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("v5.channel.k8s.io");
        var uri = new Uri($"wss://127.0.0.1:{api.Server.Port}{PodPath}/exec/exec?command=cat&command=x%20y&stdin=true");
        await client.ConnectAsync(uri, api.Client, Cancellation);
        Assert.Equal("v5.channel.k8s.io", client.SubProtocol);
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Binary, true, Cancellation);
        var buffer = new byte[1024];
        var received = await client.ReceiveAsync(buffer, Cancellation);
        Assert.Equal("/exec/default/exec/main?command=cat&command=x%20y&stdin=true hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
    }

    [Fact]
    public async Task A_pod_without_a_node_has_no_logs()
    {
        await CreatePodAsync("unbound", null);
        var (code, status) = await api.SendAsync(HttpMethod.Get, $"{PodPath}/unbound/log");
        Assert.Equal((400, "pod unbound does not have a host assigned"), (code, status["message"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_container_that_the_pod_does_not_have_is_refused()
    {
        await CreatePodAsync("other", "n1");
        api.NodeSocket = _ => "/nowhere";
        var (code, status) = await api.SendAsync(HttpMethod.Get, $"{PodPath}/other/log?container=ghost");
        Assert.Equal((400, "container ghost is not valid for pod other"), (code, status["message"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_silent_node_is_named()
    {
        await CreatePodAsync("silent", "n2");
        api.NodeSocket = _ => api.TemporaryFile("absent.sock");
        var (code, status) = await api.SendAsync(HttpMethod.Get, $"{PodPath}/silent/log");
        Assert.Equal((503, "ServiceUnavailable"), (code, status["reason"]!.GetValue<string>()));
        Assert.StartsWith("node n2 does not answer", status["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private async Task CreatePodAsync(string name, string? node)
    {
        var bound = node is null ? "" : $"\"nodeName\":\"{node}\",";
        var (code, _) = await api.SendAsync(HttpMethod.Post, PodPath, $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{{{{bound}}}"containers":[{"name":"main","image":"i"}]}}""");
        Assert.Equal(201, code);
    }

    private async Task<WebApplication> StartNodeAsync(RequestDelegate handler)
    {
        var path = api.TemporaryFile($"{Guid.NewGuid():N}.sock");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.ListenUnixSocket(path));
        var node = builder.Build();
        node.UseWebSockets();
        node.Run(handler);
        await node.StartAsync(Cancellation);
        api.NodeSocket = _ => path;
        return node;
    }

    private static async Task EchoAsync(WebSocket socket, string prefix)
    {
        var buffer = new byte[1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(Encoding.UTF8.GetBytes(prefix + Encoding.UTF8.GetString(buffer, 0, received.Count)), WebSocketMessageType.Binary, true, Cancellation);
        }
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
    }
}
