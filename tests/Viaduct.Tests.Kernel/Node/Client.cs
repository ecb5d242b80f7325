using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Node;

/// <summary>Clients inside a namespace.</summary>
internal static class Client
{
    /// <summary>Sends <paramref name="text"/> (nothing when null) over TCP and reads to the end of the connection.</summary>
    public static async Task<string> TcpAsync(NetNamespace from, string to, int port, string? text, bool halfClose = false)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var socket = from.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(IPAddress.Parse(to), port, cancellation);
        if (text is not null)
            await socket.SendAsync(Encoding.ASCII.GetBytes(text), SocketFlags.None, cancellation);
        if (halfClose)
            socket.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellation);
    }

    public static async Task<string> UdpAsync(NetNamespace from, string to, int port)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var socket = from.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse(to), port, cancellation);
        await socket.SendAsync("hello"u8.ToArray(), SocketFlags.None, cancellation);
        var buffer = new byte[1500];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation));
    }

    public static HttpClient Http(NetNamespace from) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = from.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <summary>An HTTP client of the agent's unix socket.</summary>
    public static HttpClient Agent(string socketPath) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://agent") };
}
