using System.Buffers.Binary;
using System.Net;
using Viaduct.Linux.Route;

namespace Viaduct.Linux.Packets;

/// <summary>An ARP packet for IPv4 over Ethernet (RFC 826).</summary>
/// <param name="IsReply">An answer; otherwise a question.</param>
/// <param name="SenderLinkAddress">The sender's hardware address.</param>
/// <param name="SenderAddress">The sender's IPv4 address.</param>
/// <param name="TargetLinkAddress">In an answer, that of who asked.</param>
/// <param name="TargetAddress">Who is asked for, or who asked.</param>
public sealed record ArpPacket(bool IsReply, MacAddress SenderLinkAddress, IPAddress SenderAddress, MacAddress TargetLinkAddress, IPAddress TargetAddress)
{
    /// <summary>Bytes of the packet.</summary>
    public const int Size = 28;

    private const ushort Ethernet = 1, Request = 1, Reply = 2;

    /// <summary>Reads the payload of a frame of type <see cref="EtherType.Arp"/>; null if it is not ARP for IPv4 over Ethernet.</summary>
    public static ArpPacket? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < Size || BinaryPrimitives.ReadUInt16BigEndian(payload) != Ethernet || BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) != (ushort)EtherType.IPv4)
            return null;
        return new ArpPacket(
            BinaryPrimitives.ReadUInt16BigEndian(payload[6..]) == Reply,
            MacAddress.FromBytes(payload[8..14]),
            new IPAddress(payload[14..18]),
            MacAddress.FromBytes(payload[18..24]),
            new IPAddress(payload[24..28]));
    }

    /// <summary>Writes the payload.</summary>
    public void Write(Span<byte> payload)
    {
        // Hardware and protocol type, their lengths, the operation.
        BinaryPrimitives.WriteUInt16BigEndian(payload, Ethernet);
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)EtherType.IPv4);
        (payload[4], payload[5]) = (6, 4);
        BinaryPrimitives.WriteUInt16BigEndian(payload[6..], IsReply ? Reply : Request);
        SenderLinkAddress.ToBytes().CopyTo(payload[8..]);
        SenderAddress.GetAddressBytes().CopyTo(payload[14..]);
        TargetLinkAddress.ToBytes().CopyTo(payload[18..]);
        TargetAddress.GetAddressBytes().CopyTo(payload[24..]);
    }

    /// <summary>As tcpdump(8) prints it, without the length.</summary>
    public override string ToString() =>
        IsReply ? $"ARP, Reply {SenderAddress} is-at {SenderLinkAddress}" : $"ARP, Request who-has {TargetAddress} tell {SenderAddress}";
}
