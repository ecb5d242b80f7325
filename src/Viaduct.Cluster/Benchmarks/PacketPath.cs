using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>A client that waits for each answer, and a server at port 8080, on both sides of a node.</summary>
internal sealed class PacketPath : IDisposable
{
    public static readonly IPEndPoint Server = new(ForwardingPath.ServerAddress, 8080);

    private const byte Echo = (byte)'e', Sink = (byte)'s';
    private readonly ForwardingPath _path = new();
    private readonly Socket _listener;

    public PacketPath()
    {
        _listener = _path.Server.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        _listener.Bind(Server);
        _listener.Listen(512);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public NetNamespace Node => _path.Node;

    public void Dispose()
    {
        _listener.Dispose();
        _path.Dispose();
    }

    /// <summary>Microseconds of each of many connects, one after the other.</summary>
    public void Connect(IPEndPoint target, int count, List<double> microseconds) => _path.Client.Run(() =>
    {
        for (var i = 0; i < count; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            var began = Stopwatch.GetTimestamp();
            socket.Connect(target);
            microseconds.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }
    });

    /// <summary>How many times in a second 64 bytes go there and back.</summary>
    public double RequestsPerSecond(IPEndPoint target, TimeSpan time) => During(target, Echo, 64, time, (socket, buffer) =>
    {
        socket.Send(buffer);
        for (var got = 0; got < buffer.Length;)
            got += socket.Receive(buffer, got, buffer.Length - got, SocketFlags.None);
    });

    public double GigabitsPerSecond(IPEndPoint target, TimeSpan time)
    {
        const int Block = 128 * 1024;
        return During(target, Sink, Block, time, (socket, buffer) => socket.Send(buffer)) * Block * 8 / 1e9;
    }

    private double During(IPEndPoint target, byte mode, int size, TimeSpan time, Action<Socket, byte[]> once)
    {
        using var socket = _path.Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        socket.Connect(target);
        socket.Send([mode]);
        var buffer = new byte[size];
        var began = Stopwatch.GetTimestamp();
        var count = 0;
        for (; Stopwatch.GetElapsedTime(began) < time; count++)
            once(socket, buffer);
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The measurement is over.
        }
    }

    private static void Serve(Socket socket)
    {
        var buffer = new byte[128 * 1024];
        using (socket)
        {
            try
            {
                socket.NoDelay = true;
                if (socket.Receive(buffer, 1, SocketFlags.None) == 0)
                    return;
                var echoes = buffer[0] == Echo;
                for (int got; (got = socket.Receive(buffer)) > 0;)
                {
                    if (echoes)
                        socket.Send(buffer, got, SocketFlags.None);
                }
            }
            catch (SocketException)
            {
                // The client measures connects only and resets each.
            }
        }
    }
}
