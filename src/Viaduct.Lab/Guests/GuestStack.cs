using System.Net;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Guests;

/// <summary>
/// The protocol stack of a small guest: ARP (RFC 826), IPv4, echo and the UDP echo service (RFC 862). It gets frames and says which frames to send; it does
/// no input and output itself.
/// </summary>
internal sealed class GuestStack(MacAddress mac, IPAddress address, int prefixLength, IPAddress? gateway)
{
    public const ushort EchoPort = 7;

    private static readonly MacAddress s_everybody = MacAddress.Parse("ff:ff:ff:ff:ff:ff");

    private readonly Dictionary<IPAddress, MacAddress> neighbors = [];
    private readonly Dictionary<IPAddress, List<IPv4Packet>> waiting = [];

    /// <summary>An answer to a ping came.</summary>
    public event Action<IPAddress, ushort>? Answered;

    public IPAddress Address => address;

    public int PrefixLength => prefixLength;

    public MacAddress Mac => mac;

    /// <summary>The frames with which to react to a frame.</summary>
    public IReadOnlyList<byte[]> Receive(ReadOnlySpan<byte> bytes)
    {
        if (!EthernetFrame.TryRead(bytes, out var frame) || (frame.Destination != mac && frame.Destination != s_everybody))
            return [];
        return frame.Type switch
        {
            EtherType.Arp when ArpPacket.Read(frame.Payload) is { } arp => ReceiveArp(arp),
            EtherType.IPv4 when IPv4Packet.Read(frame.Payload) is { } packet && packet.Destination.Equals(address) => ReceivePacket(packet),
            _ => [],
        };
    }

    /// <summary>The frames with which to ask somebody for an echo: the question itself, or first that for his hardware address.</summary>
    public IReadOnlyList<byte[]> Ping(IPAddress target, ushort number) =>
        Send(new IPv4Packet(address, target, IPv4Packet.Icmp, new EchoMessage(false, Id: 1, number, new byte[56]).ToBytes()));

    private IReadOnlyList<byte[]> Send(IPv4Packet packet)
    {
        var next = new IPNetwork(Network(address), prefixLength).Contains(packet.Destination) ? packet.Destination : gateway;
        if (next is null)
            return [];
        if (neighbors.TryGetValue(next, out var known))
            return [Frame(known, EtherType.IPv4, packet.ToBytes())];
        if (!waiting.TryGetValue(next, out var packets))
            waiting[next] = packets = [];
        packets.Add(packet);
        return [Arp(s_everybody, new ArpPacket(false, mac, address, default, next))];
    }

    private List<byte[]> ReceiveArp(ArpPacket arp)
    {
        if (!arp.TargetAddress.Equals(address))
            return [];
        neighbors[arp.SenderAddress] = arp.SenderLinkAddress;
        var frames = new List<byte[]>();
        if (!arp.IsReply)
            frames.Add(Arp(arp.SenderLinkAddress, new ArpPacket(true, mac, address, arp.SenderLinkAddress, arp.SenderAddress)));
        if (waiting.Remove(arp.SenderAddress, out var packets))
            frames.AddRange(packets.SelectMany(Send));
        return frames;
    }

    private IReadOnlyList<byte[]> ReceivePacket(IPv4Packet packet)
    {
        if (packet.Protocol == IPv4Packet.Udp && UdpDatagram.Read(packet.Payload) is { DestinationPort: EchoPort } datagram)
            return Send(Answer(packet, new UdpDatagram(EchoPort, datagram.SourcePort, datagram.Data).ToBytes()));
        if (packet.Protocol != IPv4Packet.Icmp || EchoMessage.Read(packet.Payload) is not { } echo)
            return [];
        if (!echo.IsReply)
            return Send(Answer(packet, (echo with { IsReply = true }).ToBytes()));
        Answered?.Invoke(packet.Source, echo.Number);
        return [];
    }

    private IPv4Packet Answer(IPv4Packet question, byte[] payload) => new(address, question.Source, question.Protocol, payload);

    private byte[] Arp(MacAddress destination, ArpPacket arp)
    {
        var payload = new byte[ArpPacket.Size];
        arp.Write(payload);
        return Frame(destination, EtherType.Arp, payload);
    }

    private byte[] Frame(MacAddress destination, EtherType type, byte[] payload)
    {
        var frame = new byte[EthernetFrame.HeaderSize + payload.Length];
        EthernetFrame.WriteHeader(frame, destination, mac, type);
        payload.CopyTo(frame, EthernetFrame.HeaderSize);
        return frame;
    }

    private IPAddress Network(IPAddress of)
    {
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(of.GetAddressBytes()) & (uint)(0xffffffffUL << (32 - prefixLength));
        return new IPAddress(BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)bits)));
    }
}
