using System.Net;
using Viaduct.Lab.Guests;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Lab;

public class GuestStackTests
{
    private static readonly MacAddress s_own = MacAddress.Parse("02:00:00:00:00:01"), s_other = MacAddress.Parse("02:00:00:00:00:02"), s_all = MacAddress.Parse("ff:ff:ff:ff:ff:ff");
    private static readonly IPAddress s_address = IPAddress.Parse("10.0.0.5"), s_gateway = IPAddress.Parse("10.0.0.1"), s_neighbor = IPAddress.Parse("10.0.0.9"), s_far = IPAddress.Parse("192.0.2.7");

    private readonly GuestStack guest = new(s_own, s_address, 24, s_gateway);

    [Fact]
    public void It_tells_its_hardware_address_to_who_asks_for_it_and_to_nobody_else()
    {
        Assert.Equal("ARP, Reply 10.0.0.5 is-at 02:00:00:00:00:01", Text(Assert.Single(guest.Receive(Question(s_neighbor, s_address)))));
        Assert.Empty(guest.Receive(Question(s_neighbor, s_gateway)));
    }

    [Fact]
    public void A_ping_first_asks_for_the_hardware_address_and_goes_out_with_the_answer()
    {
        Assert.Equal("ARP, Request who-has 10.0.0.9 tell 10.0.0.5", Text(Assert.Single(guest.Ping(s_neighbor, 1))));
        var sent = Assert.Single(guest.Receive(Answer(s_neighbor)));
        Assert.Equal("IP 10.0.0.5 > 10.0.0.9: ICMP echo request, seq 1", Text(sent));
        Assert.Equal("IP 10.0.0.5 > 10.0.0.9: ICMP echo request, seq 2", Text(Assert.Single(guest.Ping(s_neighbor, 2))));
    }

    [Fact]
    public void What_is_outside_of_its_network_goes_to_the_gateway()
    {
        Assert.Equal("ARP, Request who-has 10.0.0.1 tell 10.0.0.5", Text(Assert.Single(guest.Ping(s_far, 1))));
        var sent = Assert.Single(guest.Receive(Answer(s_gateway)));
        Assert.Equal("IP 10.0.0.5 > 192.0.2.7: ICMP echo request, seq 1", Text(sent));
        Assert.True(EthernetFrame.TryRead(sent, out var frame) && frame.Destination == s_other);
    }

    [Fact]
    public void It_answers_an_echo_with_the_same_data_and_right_checksums()
    {
        guest.Receive(Question(s_neighbor, s_address));
        var data = new byte[] { 1, 2, 3 };
        var sent = Assert.Single(guest.Receive(Packet(s_own, s_address, IPv4Packet.Icmp, new EchoMessage(false, 7, 9, data).ToBytes())));
        var packet = IPv4Packet.Read(sent.AsSpan(EthernetFrame.HeaderSize))!;
        Assert.Equal((s_address, s_neighbor), (packet.Source, packet.Destination));
        var echo = EchoMessage.Read(packet.Payload)!;
        Assert.Equal((true, (ushort)7, (ushort)9), (echo.IsReply, echo.Id, echo.Number));
        Assert.Equal(data, echo.Data);
    }

    [Fact]
    public void It_sends_a_datagram_for_the_echo_port_back_and_drops_others()
    {
        guest.Receive(Question(s_neighbor, s_address));
        var sent = Assert.Single(guest.Receive(Packet(s_own, s_address, IPv4Packet.Udp, new UdpDatagram(5000, GuestStack.EchoPort, [42]).ToBytes())));
        Assert.Equal("IP 10.0.0.5.7 > 10.0.0.9.5000: UDP, length 1", Text(sent));
        Assert.Empty(guest.Receive(Packet(s_own, s_address, IPv4Packet.Udp, new UdpDatagram(5000, 53, [42]).ToBytes())));
    }

    [Fact]
    public void Frames_and_packets_for_others_and_broken_ones_are_dropped()
    {
        guest.Receive(Question(s_neighbor, s_address));
        var echo = new EchoMessage(false, 7, 9, []).ToBytes();
        Assert.Empty(guest.Receive(Packet(s_other, s_address, IPv4Packet.Icmp, echo)));
        Assert.Empty(guest.Receive(Packet(s_own, s_far, IPv4Packet.Icmp, echo)));
        echo[^1] ^= 1;
        Assert.Empty(guest.Receive(Packet(s_own, s_address, IPv4Packet.Icmp, echo)));
        Assert.Empty(guest.Receive([1, 2, 3]));
    }

    [Fact]
    public void An_answer_to_a_ping_is_told()
    {
        var answered = new List<(IPAddress, ushort)>();
        guest.Answered += (who, number) => answered.Add((who, number));
        guest.Receive(Packet(s_own, s_address, IPv4Packet.Icmp, new EchoMessage(true, 1, 3, []).ToBytes()));
        Assert.Equal([(s_neighbor, (ushort)3)], answered);
    }

    private static string Text(byte[] frame) => FrameText.Describe(frame);

    private static byte[] Question(IPAddress from, IPAddress about) => Arp(s_all, new ArpPacket(false, s_other, from, default, about));

    private static byte[] Answer(IPAddress from) => Arp(s_own, new ArpPacket(true, s_other, from, s_own, s_address));

    private static byte[] Arp(MacAddress to, ArpPacket arp)
    {
        var payload = new byte[ArpPacket.Size];
        arp.Write(payload);
        return Frame(to, EtherType.Arp, payload);
    }

    private static byte[] Packet(MacAddress to, IPAddress destination, byte protocol, byte[] payload) =>
        Frame(to, EtherType.IPv4, new IPv4Packet(s_neighbor, destination, protocol, payload).ToBytes());

    private static byte[] Frame(MacAddress to, EtherType type, byte[] payload)
    {
        var frame = new byte[EthernetFrame.HeaderSize + payload.Length];
        EthernetFrame.WriteHeader(frame, to, s_other, type);
        payload.CopyTo(frame, EthernetFrame.HeaderSize);
        return frame;
    }
}
