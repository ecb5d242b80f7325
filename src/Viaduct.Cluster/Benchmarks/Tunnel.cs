using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>A port on loopback of another network namespace that leads to a server which this process reaches.</summary>
internal sealed class Tunnel : IDisposable
{
    private readonly Socket _listener;
    private readonly Uri _server;
    private readonly CancellationTokenSource _stop = new();

    public Tunnel(NetNamespace inside, Uri server)
    {
        _server = server;
        _listener = inside.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen();
            return socket;
        });
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync(_stop.Token);
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync(cancellation), cancellation);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The tunnel was closed.
        }
    }

    // A connection that fails on one side ends on the other: its owner sees it and tells.
    private async Task ServeAsync(Socket client, CancellationToken cancellation)
    {
        using var near = new NetworkStream(client, ownsSocket: true);
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(_server.Host, _server.Port, cancellation);
            var far = server.GetStream();
            await await Task.WhenAny(near.CopyToAsync(far, cancellation), far.CopyToAsync(near, cancellation));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
        }
    }
}
