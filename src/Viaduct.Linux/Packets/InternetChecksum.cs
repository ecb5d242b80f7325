using System.Buffers.Binary;

namespace Viaduct.Linux.Packets;

/// <summary>The checksum of IPv4, ICMP, UDP and TCP (RFC 1071).</summary>
public static class InternetChecksum
{
    /// <summary>The checksum of bytes whose checksum field is 0; 0 if the field holds the right one.</summary>
    public static ushort Of(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (; bytes.Length > 1; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length == 1)
            sum += (uint)bytes[0] << 8;
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
