using System.Buffers.Binary;
using System.Net;

namespace Viaduct.Linux.Packets;

/// <summary>Describes frames in the words of tcpdump(8), without what differs from run to run.</summary>
public static class FrameText
{
    private const int Icmp = 1, Tcp = 6, Udp = 17;

    /// <summary>One line.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes)
    {
        if (!EthernetFrame.TryRead(bytes, out var frame))
            return $"{bytes.Length} bytes, no Ethernet frame";
        return frame.Type switch
        {
            EtherType.Arp => ArpPacket.Read(frame.Payload)?.ToString() ?? "ARP of another kind",
            EtherType.IPv4 when frame.Payload.Length >= 20 => DescribeIPv4(frame.Payload),
            EtherType.IPv6 when frame.Payload.Length >= 40 => $"IP6 {new IPAddress(frame.Payload[8..24])} > {new IPAddress(frame.Payload[24..40])}",
            _ => $"{frame.Source} > {frame.Destination}, ethertype 0x{(ushort)frame.Type:x4}",
        };
    }

    private static string DescribeIPv4(ReadOnlySpan<byte> packet)
    {
        var (source, destination) = (new IPAddress(packet[12..16]), new IPAddress(packet[16..20]));
        var inside = packet[Math.Min(packet.Length, (packet[0] & 0xf) * 4)..];
        return packet[9] switch
        {
            Icmp when inside.Length >= 8 => $"IP {source} > {destination}: {DescribeIcmp(inside)}",
            Tcp when inside.Length >= 14 => $"IP {Ports(source, destination, inside)}: Flags [{TcpFlags(inside[13])}]",
            Udp when inside.Length >= 8 => $"IP {Ports(source, destination, inside)}: UDP, length {BinaryPrimitives.ReadUInt16BigEndian(inside[4..]) - 8}",
            var protocol => $"IP {source} > {destination}: protocol {protocol}",
        };
    }

    private static string Ports(IPAddress source, IPAddress destination, ReadOnlySpan<byte> inside) =>
        $"{source}.{BinaryPrimitives.ReadUInt16BigEndian(inside)} > {destination}.{BinaryPrimitives.ReadUInt16BigEndian(inside[2..])}";

    private static string DescribeIcmp(ReadOnlySpan<byte> message) => message[0] switch
    {
        0 => $"ICMP echo reply, seq {BinaryPrimitives.ReadUInt16BigEndian(message[6..])}",
        8 => $"ICMP echo request, seq {BinaryPrimitives.ReadUInt16BigEndian(message[6..])}",
        3 => $"ICMP unreachable, code {message[1]}",
        5 => "ICMP redirect",
        11 => "ICMP time exceeded",
        var type => $"ICMP type {type}",
    };

    private static string TcpFlags(byte flags)
    {
        var text = "";
        foreach (var (bit, letter) in ((int, char)[])[(2, 'S'), (1, 'F'), (4, 'R'), (8, 'P'), (16, '.')])
            text += (flags & bit) != 0 ? letter : "";
        return text;
    }
}
