using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Logs;

namespace Viaduct.Node.StandIns;

/// <summary>A TCP port of a stand-in. One accept loop and one asynchronous conversation per connection; no threads of its own.</summary>
internal sealed class TcpStandIn : IDisposable
{
    private readonly Socket _listener;
    private readonly StandInIdentity _identity;
    private readonly ContainerLog _log;
    private readonly CancellationTokenSource _stop = new();

    private TcpStandIn(Socket listener, StandInIdentity identity, ContainerLog log)
    {
        _listener = listener;
        _identity = identity;
        _log = log;
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Opens the port inside <paramref name="ns"/>; throws <see cref="SocketException"/> when it is taken.</summary>
    public static TcpStandIn Start(NetNamespace ns, int port, StandInIdentity identity, ContainerLog log)
    {
        var listener = ns.Run(() => Listen(port));
        var server = new TcpStandIn(listener, identity, log);
        _ = server.AcceptAsync();
        return server;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private static Socket Listen(int port)
    {
        var socket = new Socket(StandInSockets.Family, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            StandInSockets.Bind(socket, port);
            socket.Listen(512);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        var stop = _stop.Token;
        while (true)
        {
            try
            {
                _ = ConverseAsync(await _listener.AcceptAsync(stop), stop);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                // accept(2) hands over errors of the new connection (ECONNABORTED); the listener itself is fine.
                _log.Write("stderr", $"accepting a connection on TCP port {Port} failed: {e.Message}");
            }
        }
    }

    private async Task ConverseAsync(Socket client, CancellationToken stop)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await new TcpConversation(client, Port, _identity, _log).RunAsync(stop);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                _log.Write("stderr", $"TCP {Port}: a client went away: {e.Message}");
            }
            catch (OperationCanceledException)
            {
                // The container stops, or the client was silent for too long: closing is the answer.
            }
        }
    }
}
