using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Viaduct.Linux.Packets;

/// <summary>A link to bind a packet socket to: struct sockaddr_ll (packet(7)).</summary>
internal sealed class LinkLayerEndPoint(int linkIndex, ushort protocol) : EndPoint
{
    private const int Size = 20, ProtocolOffset = 2, IndexOffset = 4, PacketTypeOffset = 10;

    public override AddressFamily AddressFamily => AddressFamily.Packet;

    /// <summary>An empty address for receiving.</summary>
    public static SocketAddress NewAddress() => new(AddressFamily.Packet, SocketAddress.GetMaximumAddressSize(AddressFamily.Packet));

    /// <summary>sll_pkttype of a received frame.</summary>
    public static byte PacketType(SocketAddress address) => address[PacketTypeOffset];

    /// <inheritdoc/>
    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Packet, Size);
        var bytes = address.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[ProtocolOffset..], protocol);
        MemoryMarshal.Write(bytes[IndexOffset..], linkIndex);
        return address;
    }
}
