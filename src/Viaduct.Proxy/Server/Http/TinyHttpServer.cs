using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Viaduct.Proxy.Server.Http;

/// <summary>
/// Answers small GET requests, one per connection. A proxy has a server for every health-checked Service, so each must cost next to
/// nothing: a socket and a waiting task, where a web framework's server has a timer and a thread of its own.
/// </summary>
public sealed class TinyHttpServer : IDisposable
{
    private static readonly TimeSpan s_longestConversation = TimeSpan.FromSeconds(10);
    private const int MostConversations = 64;

    private readonly Func<string, TinyAnswer> answer;
    private readonly ILogger log;
    private readonly Socket listener;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim room = new(MostConversations);

    private TinyHttpServer(Socket listener, Func<string, TinyAnswer> answer, ILogger log) =>
        (this.listener, this.answer, this.log) = (listener, answer, log);

    /// <summary>Where it listens; with the port that the kernel chose if 0 was asked for.</summary>
    public IPEndPoint Address => (IPEndPoint)listener.LocalEndPoint!;

    /// <summary>Listens and answers until disposed.</summary>
    /// <param name="address">Where.</param>
    /// <param name="answer">Answers a path; called on pool threads.</param>
    /// <param name="log">For answers that fail.</param>
    /// <param name="bothFamilies">Whether an unspecified address of either family means all addresses of both, as it does in Go.</param>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public static TinyHttpServer Start(IPEndPoint address, Func<string, TinyAnswer> answer, ILogger log, bool bothFamilies = false)
    {
        var dual = bothFamilies && Socket.OSSupportsIPv6 && (address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any));
        if (dual)
            address = new IPEndPoint(IPAddress.IPv6Any, address.Port);
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (dual)
                listener.DualMode = true;
            listener.Bind(address);
            listener.Listen();
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var server = new TinyHttpServer(listener, answer, log);
        _ = server.AcceptAsync();
        return server;
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var stopping = stop.Token;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await room.WaitAsync(stopping);
                _ = ConverseAsync(await listener.AcceptAsync(stopping), stopping);
            }
            catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException e)
            {
                // A client that went away at once, or no descriptors left: the next one may fare better, but not in a busy loop.
                room.Release();
                ServerLog.AcceptFailed(log, e);
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            }
        }
    }

    private async Task ConverseAsync(Socket client, CancellationToken stopping)
    {
        try
        {
            using (client)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                limit.CancelAfter(s_longestConversation);
                var request = await TinyRequest.ReadAsync(client, limit.Token);
                await SendAsync(client, Answer(request).ToBytes(withBody: request?.Method != "HEAD"), limit.Token);
                client.Shutdown(SocketShutdown.Both);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client is slow or gone, or the server ends: nobody is there to be told.
        }
        finally
        {
            room.Release();
        }
    }

    private TinyAnswer Answer(TinyRequest? request)
    {
        try
        {
            return request switch
            {
                null => new TinyAnswer(400, "this is not an HTTP request\n"),
                { Method: "GET" or "HEAD", Path: var path } => answer(path),
                _ => TinyAnswer.OnlyGet,
            };
        }
        catch (Exception e)
        {
            ServerLog.AnswerFailed(log, e, request?.Path ?? "");
            return new TinyAnswer(500, "internal error\n");
        }
    }

    private static async Task SendAsync(Socket client, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await client.SendAsync(bytes, cancellation)..];
    }
}
