using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>What pods send each other.</summary>
internal static class PodTraffic
{
    public const int Port = 9000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Sends a datagram of this size and answers the sender's address, as the receiver saw it; fails when it does not arrive whole.</summary>
    public static async Task<IPAddress> DatagramAsync(NetNamespace from, NetNamespace to, IPAddress address, int size)
    {
        using var server = to.Run(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var client = from.Run(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        to.Run(() => server.Bind(new IPEndPoint(address, Port)));
        var sent = RandomNumberGenerator.GetBytes(size);
        await client.SendToAsync(sent, new IPEndPoint(address, Port), Cancellation);
        var buffer = new byte[65536];
        var received = await server.ReceiveFromAsync(buffer, new IPEndPoint(address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0), Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        Assert.True(sent.AsSpan().SequenceEqual(buffer.AsSpan(0, received.ReceivedBytes)), "the datagram arrived changed");
        return ((IPEndPoint)received.RemoteEndPoint).Address;
    }

    /// <summary>Sends so many bytes over one connection; fails when they do not arrive, or not as they were sent.</summary>
    public static async Task TransferAsync(NetNamespace from, NetNamespace to, IPAddress address, int bytes)
    {
        using var listener = to.Run(() => new TcpListener(address, Port));
        to.Run(listener.Start);
        using var client = from.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        var accepting = listener.AcceptSocketAsync(Cancellation).AsTask();
        await client.ConnectAsync(new IPEndPoint(address, Port), Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        using var server = await accepting.WaitAsync(s_patience, Cancellation);
        var sent = RandomNumberGenerator.GetBytes(bytes);
        var sending = SendAsync(client, sent);
        var received = await ReceiveAsync(server, bytes).WaitAsync(s_patience, Cancellation);
        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(received), "the bytes arrived changed");
    }

    /// <summary>A counter of /proc/net/snmp and /proc/net/netstat, such as <c>Tcp InCsumErrors</c>, of a namespace.</summary>
    public static long Counter(NetNamespace ns, string protocol, string name) => ns.Run(() =>
    {
        // Two lines for each protocol: names, then values.
        var lines = ((string[])["snmp", "netstat"]).SelectMany(f => File.ReadLines($"/proc/thread-self/net/{f}")).Where(l => l.StartsWith($"{protocol}: ", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToList();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name)], null);
    });

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (var done = 0; done < bytes.Length;)
            done += await socket.SendAsync(bytes.AsMemory(done), SocketFlags.None, Cancellation);
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int bytes)
    {
        var buffer = new byte[bytes];
        for (var done = 0; done < bytes;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(done), SocketFlags.None, Cancellation);
            Assert.NotEqual(0, read);
            done += read;
        }
        return buffer;
    }
}
