using System.Buffers.Binary;

namespace Viaduct.Lab.Guests;

/// <summary>A UDP datagram (RFC 768), sent without a checksum, which IPv4 allows.</summary>
/// <param name="SourcePort">From which port.</param>
/// <param name="DestinationPort">To which port.</param>
/// <param name="Data">What is inside.</param>
internal sealed record UdpDatagram(ushort SourcePort, ushort DestinationPort, byte[] Data)
{
    private const int HeaderSize = 8;

    /// <summary>Null if it is cut off. The checksum is not looked at: it came by a memory, not by a wire.</summary>
    public static UdpDatagram? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) is var length && (length < HeaderSize || length > bytes.Length))
            return null;
        return new UdpDatagram(BinaryPrimitives.ReadUInt16BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), bytes[HeaderSize..length].ToArray());
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderSize + Data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
        Data.CopyTo(bytes, HeaderSize);
        return bytes;
    }
}
