using System.Net;
using System.Net.Sockets;

namespace Viaduct.Linux.Packets;

/// <summary>
/// Sends and receives whole Ethernet frames on one link (AF_PACKET). It stays in the network namespace of the thread that opened it, and needs
/// CAP_NET_RAW there.
/// </summary>
public sealed class PacketSocket : IDisposable
{
    private const ushort EveryProtocol = 3; // ETH_P_ALL of linux/if_ether.h

    private readonly Socket _socket;
    private readonly SocketAddress _from = LinkLayerEndPoint.NewAddress();

    /// <summary>Opens a socket on a link of the calling thread's namespace; frames that come from now on are kept for it.</summary>
    public PacketSocket(int linkIndex)
    {
        _socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)(ushort)IPAddress.HostToNetworkOrder((short)EveryProtocol));
        try
        {
            _socket.Bind(new LinkLayerEndPoint(linkIndex, EveryProtocol));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a frame with its Ethernet header, as it is.</summary>
    public void Send(ReadOnlySpan<byte> frame) => _socket.Send(frame);

    /// <summary>Waits for the next frame, received or sent on the link by others; of a frame longer than the buffer only the beginning.</summary>
    public async ValueTask<(int Length, FrameDirection Direction)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        // Each receipt shortens it to what it wrote.
        _from.Size = _from.Buffer.Length;
        var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, _from, cancellation).ConfigureAwait(false);
        return (length, (FrameDirection)LinkLayerEndPoint.PacketType(_from));
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}

/// <summary>Which way a frame went, PACKET_* of linux/if_packet.h.</summary>
public enum FrameDirection : byte
{
    /// <summary>Received, for this host.</summary>
    ToHost = 0,

    /// <summary>Received, for all.</summary>
    Broadcast = 1,

    /// <summary>Received, for a group.</summary>
    Multicast = 2,

    /// <summary>Received, for somebody else; seen only in promiscuous mode.</summary>
    ToOther = 3,

    /// <summary>Sent.</summary>
    Outgoing = 4,
}
