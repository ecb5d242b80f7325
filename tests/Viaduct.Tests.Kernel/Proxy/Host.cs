using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>A namespace with servers that answer with their name and their client's address, and with clients for them.</summary>
internal sealed class Host : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly List<Socket> servers = [];
    private readonly SocketOpener opener;

    public Host(string name, IPAddress address)
    {
        (Name, Address) = (name, address);
        opener = new SocketOpener(Namespace);
    }

    public string Name { get; }

    public IPAddress Address { get; }

    public NetNamespace Namespace { get; } = NetNamespace.Create();

    public void Dispose()
    {
        servers.ForEach(s => s.Dispose());
        opener.Dispose();
        Namespace.Dispose();
    }

    /// <summary>Answers on TCP and UDP until the host is disposed of.</summary>
    /// <param name="port">On this port of all addresses.</param>
    /// <param name="udpAddress">On this one only in UDP: a server on all addresses answers from the one that its route back prefers.</param>
    public void Serve(int port, IPAddress? udpAddress = null)
    {
        var tcp = Open(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        tcp.DualMode = true;
        tcp.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        tcp.Listen(64);
        var udp = Open(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        udp.DualMode = true;
        udp.Bind(new IPEndPoint(udpAddress?.MapToIPv6() ?? IPAddress.IPv6Any, port));
        servers.AddRange([tcp, udp]);
        _ = UntilDisposed(() => AnswerTcpAsync(tcp));
        _ = UntilDisposed(() => AnswerUdpAsync(udp));
    }

    /// <summary>Asks over a new TCP connection; the answer is "name client-address".</summary>
    public string AskTcp(IPAddress server, int port)
    {
        using var socket = Open(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (!socket.ConnectAsync(server, port).Wait(Patience))
            throw new TimeoutException($"{Name} got no answer from {server}:{port}/tcp.");
        return Receive(socket);
    }

    /// <summary>Asks with a UDP datagram from a new socket.</summary>
    public string AskUdp(IPAddress server, int port)
    {
        using var socket = OpenUdp(server, port);
        return AskAgain(socket);
    }

    public Socket OpenUdp(IPAddress server, int port)
    {
        var socket = Open(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(server, port);
        return socket;
    }

    /// <summary>A TCP socket that is not connected yet.</summary>
    public Socket OpenTcp(AddressFamily family) => Open(family, SocketType.Stream, ProtocolType.Tcp);

    public static string AskAgain(Socket socket)
    {
        socket.Send("who?"u8);
        return Receive(socket);
    }

    private static string Receive(Socket socket)
    {
        socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    private Socket Open(AddressFamily family, SocketType type, ProtocolType protocol) => opener.Open(family, type, protocol);

    private async Task AnswerTcpAsync(Socket listener)
    {
        using var client = await listener.AcceptAsync();
        await client.SendAsync(Answer(client.RemoteEndPoint!));
    }

    private async Task AnswerUdpAsync(Socket socket)
    {
        var datagram = await socket.ReceiveFromAsync(new byte[256], new IPEndPoint(IPAddress.IPv6Any, 0));
        await socket.SendToAsync(Answer(datagram.RemoteEndPoint), datagram.RemoteEndPoint);
    }

    private byte[] Answer(EndPoint client)
    {
        var address = ((IPEndPoint)client).Address;
        return Encoding.UTF8.GetBytes($"{Name} {(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}");
    }

    private static async Task UntilDisposed(Func<Task> answer)
    {
        try
        {
            while (true)
                await answer();
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // The test is over.
        }
    }
}
