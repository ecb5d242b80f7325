using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Http;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Proxy.Server;

public sealed class RetriedServerTests : IDisposable
{
    private readonly Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly HeldTime time = new();
    private readonly ListeningLog log = new();

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
        var pause = await time.Waits.Reader.ReadAsync(Cancellation);
        Assert.Equal(TimeSpan.FromSeconds(5), pause.Length);
        pause.End();
        pause = await time.Waits.Reader.ReadAsync(Cancellation);
        taken.Dispose();
        pause.End();
        await log.ListeningAsync();
        using var client = new HttpClient();
        var answer = await client.GetStringAsync(new Uri($"http://{address}/where"), Cancellation);
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
        new("healthz server", Address, path => new TinyAnswer(200, $"answer to {path}"), hardFail, log, time);

    /// <summary>Waits for the message that somebody listens.</summary>
    private sealed class ListeningLog : ILogger
    {
        private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task ListeningAsync() => listening.Task.WaitAsync(Cancellation);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains(" answers on ", StringComparison.Ordinal))
                listening.TrySetResult();
        }
    }
}
