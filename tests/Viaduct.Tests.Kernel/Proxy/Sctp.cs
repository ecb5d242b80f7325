using System.Buffers.Binary;
using System.Numerics;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>The first two packets of an SCTP association (RFC 9260, sections 3.3.2 and 3.3.3), for kernels without sockets of SCTP.</summary>
internal readonly record struct Sctp(ushort SourcePort, ushort DestinationPort, bool HasRightChecksum)
{
    private const byte InitType = 1, InitAckType = 2;
    private const int HeaderSize = 12, ChecksumAt = 8, ChunkSize = 20;

    public static byte[] Init(ushort source, ushort destination, uint tag) => Packet(source, destination, 0, InitType, tag, []);

    /// <summary>With the state cookie that every such answer has.</summary>
    public static byte[] InitAck(ushort source, ushort destination, uint tagOfInit) => Packet(source, destination, tagOfInit, InitAckType, 7, [0, 7, 0, 8, 1, 2, 3, 4]);

    public static Sctp Parse(ReadOnlySpan<byte> packet) => new(
        BinaryPrimitives.ReadUInt16BigEndian(packet), BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), BinaryPrimitives.ReadUInt32LittleEndian(packet[ChecksumAt..]) == Checksum(packet));

    private static byte[] Packet(ushort source, ushort destination, uint verificationTag, byte type, uint tag, ReadOnlySpan<byte> parameters)
    {
        var packet = new byte[HeaderSize + ChunkSize + parameters.Length];
        BinaryPrimitives.WriteUInt16BigEndian(packet, source);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), destination);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), verificationTag);
        var chunk = packet.AsSpan(HeaderSize);
        chunk[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], (ushort)chunk.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[4..], tag);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[8..], 65536);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[12..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[14..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[16..], 1);
        parameters.CopyTo(chunk[ChunkSize..]);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(ChecksumAt), Checksum(packet));
        return packet;
    }

    // CRC32c over the packet with a checksum of zero (appendix A).
    private static uint Checksum(ReadOnlySpan<byte> packet)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < packet.Length; i++)
            crc = BitOperations.Crc32C(crc, i is >= ChecksumAt and < ChecksumAt + 4 ? (byte)0 : packet[i]);
        return ~crc;
    }
}
