using System.Buffers.Binary;
using System.Net;
using Viaduct.Linux.Packets;

namespace Viaduct.Lab.Guests;

/// <summary>An IPv4 packet without options (RFC 791).</summary>
/// <param name="Source">From whom.</param>
/// <param name="Destination">For whom.</param>
/// <param name="Protocol">What is inside.</param>
/// <param name="Payload">That.</param>
internal sealed record IPv4Packet(IPAddress Source, IPAddress Destination, byte Protocol, byte[] Payload)
{
    public const byte Icmp = 1, Udp = 17;

    private const int HeaderSize = 20;
    private const byte VersionAndLength = 0x45, TimeToLive = 64;

    /// <summary>Null if it is none, or not as it was sent.</summary>
    public static IPv4Packet? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || bytes[0] >> 4 != 4)
            return null;
        var (header, length) = ((bytes[0] & 0xf) * 4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        if (header < HeaderSize || length < header || length > bytes.Length || InternetChecksum.Of(bytes[..header]) != 0)
            return null;
        return new IPv4Packet(new IPAddress(bytes[12..16]), new IPAddress(bytes[16..20]), bytes[9], bytes[header..length].ToArray());
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderSize + Payload.Length];
        (bytes[0], bytes[8], bytes[9]) = (VersionAndLength, TimeToLive, Protocol);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)bytes.Length);
        Source.GetAddressBytes().CopyTo(bytes, 12);
        Destination.GetAddressBytes().CopyTo(bytes, 16);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), InternetChecksum.Of(bytes.AsSpan(0, HeaderSize)));
        Payload.CopyTo(bytes, HeaderSize);
        return bytes;
    }
}
