using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Logs;

namespace Viaduct.Node.StandIns;

/// <summary>A UDP port of a stand-in: each datagram is answered with the text.</summary>
internal sealed class UdpStandIn : IDisposable
{
    private readonly Socket _socket;
    private readonly StandInIdentity _identity;
    private readonly ContainerLog _log;
    private readonly CancellationTokenSource _stop = new();

    private UdpStandIn(Socket socket, StandInIdentity identity, ContainerLog log)
    {
        _socket = socket;
        _identity = identity;
        _log = log;
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Opens the port inside <paramref name="ns"/>; throws <see cref="SocketException"/> when it is taken.</summary>
    public static UdpStandIn Start(NetNamespace ns, int port, StandInIdentity identity, ContainerLog log)
    {
        var server = new UdpStandIn(ns.Run(() => Bind(port)), identity, log);
        _ = server.AnswerAsync();
        return server;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
        _stop.Dispose();
    }

    private static Socket Bind(int port)
    {
        var socket = new Socket(StandInSockets.Family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            StandInSockets.Bind(socket, port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AnswerAsync()
    {
        var stop = _stop.Token;
        var buffer = new byte[65536];
        while (true)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, StandInSockets.AnyClient, stop);
                _log.Write("stdout", $"UDP {Port} from {StandInSockets.Show(received.RemoteEndPoint)}: {received.ReceivedBytes} bytes");
                await _socket.SendToAsync(_identity.Answer(received.RemoteEndPoint), SocketFlags.None, received.RemoteEndPoint, stop);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                // An ICMP error of an earlier answer (the client is gone) comes back here; the port itself is fine.
                _log.Write("stderr", $"UDP {Port}: {e.Message}");
            }
        }
    }
}
