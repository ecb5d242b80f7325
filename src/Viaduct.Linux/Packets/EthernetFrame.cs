using System.Buffers.Binary;
using Viaduct.Linux.Route;

namespace Viaduct.Linux.Packets;

/// <summary>An Ethernet frame: destination and source, what it carries, the payload (IEEE 802.3).</summary>
public readonly ref struct EthernetFrame
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderSize = 14;

    private readonly ReadOnlySpan<byte> _frame;

    private EthernetFrame(ReadOnlySpan<byte> frame) => _frame = frame;

    /// <summary>Where to.</summary>
    public MacAddress Destination => MacAddress.FromBytes(_frame[..6]);

    /// <summary>From where.</summary>
    public MacAddress Source => MacAddress.FromBytes(_frame[6..12]);

    /// <summary>What the payload is.</summary>
    public EtherType Type => (EtherType)BinaryPrimitives.ReadUInt16BigEndian(_frame[12..]);

    /// <summary>What is inside.</summary>
    public ReadOnlySpan<byte> Payload => _frame[HeaderSize..];

    /// <summary>Looks at a frame; false if it is too short to be one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EthernetFrame frame)
    {
        frame = new EthernetFrame(bytes);
        return bytes.Length >= HeaderSize;
    }

    /// <summary>Writes a header.</summary>
    public static void WriteHeader(Span<byte> frame, MacAddress destination, MacAddress source, EtherType type)
    {
        destination.ToBytes().CopyTo(frame);
        source.ToBytes().CopyTo(frame[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], (ushort)type);
    }
}

/// <summary>ETH_P_* of linux/if_ether.h.</summary>
public enum EtherType : ushort
{
    /// <summary>IPv4.</summary>
    IPv4 = 0x0800,

    /// <summary>The address resolution protocol.</summary>
    Arp = 0x0806,

    /// <summary>IPv6.</summary>
    IPv6 = 0x86dd,
}
