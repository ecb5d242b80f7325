using System.Net;
using System.Net.Sockets;

namespace Viaduct.Tests.Kernel.Proxy.Switching;

/// <summary>Says back what it is told, for as long as a connection lasts.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket listener;

    public EchoServer(Host host, IPEndPoint address)
    {
        listener = host.Namespace.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(address);
        listener.Listen();
        _ = AcceptAsync();
    }

    public static Socket Connect(Host client, IPEndPoint target, IPAddress? from = null)
    {
        var socket = client.Namespace.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        if (from is not null)
        {
            // IPV6_FREEBIND: it need not be a link's.
            if (from.AddressFamily == AddressFamily.InterNetworkV6)
                socket.SetRawSocketOption(41, 78, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(from, 0));
        }

        socket.ReceiveTimeout = 5000;
        socket.Connect(target);
        return socket;
    }

    /// <summary>Whether the connection carries both ways.</summary>
    public static void Say(Socket socket, byte word)
    {
        socket.Send([word]);
        var answer = new byte[1];
        Assert.Equal(1, socket.Receive(answer));
        Assert.Equal(word, answer[0]);
    }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private static async Task EchoAsync(Socket client)
    {
        using (client)
        {
            var buffer = new byte[64];
            try
            {
                while (await client.ReceiveAsync(buffer) is var length and > 0)
                    await client.SendAsync(buffer.AsMemory(0, length));
            }
            catch (SocketException)
            {
                // The client is gone.
            }
        }
    }
}
