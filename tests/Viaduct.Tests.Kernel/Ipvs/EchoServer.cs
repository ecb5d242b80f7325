using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Tests.Kernel.Proxy;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>Keeps one TCP connection open and sends back what comes.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket listener;

    public EchoServer(Host host, int port)
    {
        listener = host.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        listener.Listen();
        _ = EchoAsync();
    }

    public void Dispose() => listener.Dispose();

    public static string Ask(Socket connection, string text)
    {
        connection.ReceiveTimeout = 10_000;
        connection.Send(Encoding.ASCII.GetBytes(text));
        var buffer = new byte[64];
        return Encoding.ASCII.GetString(buffer, 0, connection.Receive(buffer));
    }

    private async Task EchoAsync()
    {
        try
        {
            using var client = await listener.AcceptAsync();
            var buffer = new byte[64];
            while (await client.ReceiveAsync(buffer) is > 0 and var length)
                await client.SendAsync(buffer.AsMemory(0, length));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset, or the test is over.
        }
    }
}
