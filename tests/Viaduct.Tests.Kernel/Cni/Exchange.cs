using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Cni;

internal static class Exchange
{
    /// <summary>Sends a datagram from one namespace to an address in another; the answer tells the sender's address as the receiver saw it.</summary>
    public static string Udp(NetNamespace from, NetNamespace to, string address)
    {
        using var server = to.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse(address), 9000)));
        using var client = from.Run(() => new UdpClient(AddressFamily.InterNetwork));
        server.Client.ReceiveTimeout = client.Client.ReceiveTimeout = 5000;
        from.Run(() => client.Connect(address, 9000));
        client.Send("x"u8);
        IPEndPoint? sender = null;
        var text = server.Receive(ref sender);
        server.Send(Encoding.UTF8.GetBytes($"{sender.Address}:{Encoding.UTF8.GetString(text)}"), sender);
        return Encoding.UTF8.GetString(client.Receive(ref sender));
    }
}
