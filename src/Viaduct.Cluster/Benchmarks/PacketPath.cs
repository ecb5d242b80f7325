using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>A client, a node that forwards, and a server, in namespaces of their own: 10.1.0.2 -- 10.1.0.1 node 10.2.0.1 -- 10.2.0.2:8080.</summary>
internal sealed class PacketPath : IDisposable
{
    public static readonly IPEndPoint Server = new(IPAddress.Parse("10.2.0.2"), 8080);

    private const byte Echo = (byte)'e', Sink = (byte)'s';
    private readonly NetNamespace _client = NetNamespace.Create();
    private readonly NetNamespace _server = NetNamespace.Create();
    private readonly Socket _listener;

    public PacketPath()
    {
        using var route = RouteClient.In(Node);
        Join(route, "client", _client, "10.1.0.1", "10.1.0.2");
        Join(route, "server", _server, "10.2.0.1", "10.2.0.2");
        Node.Run(() => Sysctl.Write("net.ipv4.ip_forward", "1"));
        _listener = _server.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        _listener.Bind(Server);
        _listener.Listen(512);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public NetNamespace Node { get; } = NetNamespace.Create();

    public void Dispose()
    {
        _listener.Dispose();
        _client.Dispose();
        _server.Dispose();
        Node.Dispose();
    }

    /// <summary>Microseconds of each of many connects, one after the other.</summary>
    public void Connect(IPEndPoint target, int count, List<double> microseconds) => _client.Run(() =>
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
        using var socket = _client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        socket.Connect(target);
        socket.Send([mode]);
        var buffer = new byte[size];
        var began = Stopwatch.GetTimestamp();
        var count = 0;
        for (; Stopwatch.GetElapsedTime(began) < time; count++)
            once(socket, buffer);
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static void Join(RouteClient node, string name, NetNamespace ns, string gateway, string address)
    {
        node.AddLink(new VethSpec { Name = name, PeerName = "eth0", PeerNamespace = ns, Up = true });
        node.AddAddress(new AddressSpec { LinkIndex = node.GetLink(name).Index, Address = IPAddress.Parse(gateway), PrefixLength = 24 });
        using var inside = RouteClient.In(ns);
        var link = inside.GetLink("eth0").Index;
        inside.SetLink(link, new LinkChange { Up = true });
        inside.AddAddress(new AddressSpec { LinkIndex = link, Address = IPAddress.Parse(address), PrefixLength = 24 });
        inside.AddRoute(new RouteSpec { Gateway = IPAddress.Parse(gateway) });
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
