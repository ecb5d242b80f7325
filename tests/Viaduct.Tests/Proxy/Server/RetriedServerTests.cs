using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Http;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Proxy.Server;

public sealed class RetriedServerTests : IDisposable
{
    private readonly Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly InstantTime time = new(TimeSpan.FromSeconds(10));

    public RetriedServerTests()
    {
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Address => taken.LocalEndPoint!.ToString()!;

    public void Dispose() => taken.Dispose();

    [Fact]
    public async Task An_address_that_is_taken_is_tried_again_until_it_is_free()
    {
        var address = Address;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = Server(hardFail: false).RunAsync(stop.Token);
        Assert.Equal(TimeSpan.FromSeconds(5), await time.Waited.Reader.ReadAsync(Cancellation));
        await time.Waited.Reader.ReadAsync(Cancellation);
        taken.Dispose();
        using var client = new HttpClient();
        string? answer = null;
        while (answer is null)
        {
            try
            {
                answer = await client.GetStringAsync(new Uri($"http://{address}/where"), Cancellation);
            }
            catch (HttpRequestException)
            {
                await time.Waited.Reader.ReadAsync(Cancellation);
            }
        }

        Assert.Equal("answer to /where", answer);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri($"http://{address}/where"), Cancellation));
    }

    [Fact]
    public async Task A_server_that_is_to_fail_hard_says_which_address_is_taken()
    {
        var e = await Assert.ThrowsAsync<ProxyConfigurationException>(() => Server(hardFail: true).RunAsync(Cancellation));
        Assert.Equal($"The healthz server cannot listen on {Address}: Address already in use; free the address or choose another one.", e.Message);
    }

    private RetriedServer Server(bool hardFail) =>
        new("healthz server", Address, path => new TinyAnswer(200, $"answer to {path}"), hardFail, NullLogger.Instance, time);
}
