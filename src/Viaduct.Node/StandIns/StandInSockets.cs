using System.Net;
using System.Net.Sockets;

namespace Viaduct.Node.StandIns;

/// <summary>Sockets that serve both IP families, where the kernel has both: one IPv6 socket that takes IPv4, too (IPV6_V6ONLY off, RFC 3493 5.3).</summary>
internal static class StandInSockets
{
    public static AddressFamily Family => Socket.OSSupportsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>What an address of a client is written into.</summary>
    public static IPEndPoint AnyClient => new(Any, 0);

    private static IPAddress Any => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    public static void Bind(Socket socket, int port)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = true;
        socket.Bind(new IPEndPoint(Any, port));
    }

    /// <summary>An IPv4 client of such a socket has the address ::ffff:1.2.3.4; people know it as 1.2.3.4.</summary>
    public static EndPoint? Show(EndPoint? client) =>
        client is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : client;
}
