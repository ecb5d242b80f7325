using System.Net;
using System.Net.Sockets;

namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>A packet on its way: what it is now, and what connection tracking knows of it.</summary>
internal sealed class TracedPacket(NftPacket original)
{
    public NftPacket Original { get; } = original;

    public IPAddress Destination { get; set; } = original.Destination;

    public ushort DestinationPort { get; set; } = original.DestinationPort;

    public string InputInterface { get; set; } = original.InputInterface ?? "";

    public string OutputInterface { get; set; } = "";

    public uint Mark { get; set; }

    public bool HasDestinationNat { get; set; }

    public bool HasSourceNat { get; set; }

    /// <summary>Whether a NAT chain decided already; the kernel asks no further one then.</summary>
    public bool IsDestinationDecided { get; set; }

    /// <summary>The IP header and what follows it: a rule may load beyond the header's end.</summary>
    public byte[] NetworkHeader => [.. Original.Source.AddressFamily == AddressFamily.InterNetwork ? IPv4Header() : IPv6Header(), .. TransportHeader];

    /// <summary>The ports, which TCP, UDP and SCTP all have at their begin.</summary>
    public byte[] TransportHeader => [.. NftData.Port(Original.SourcePort).Span, .. NftData.Port(DestinationPort).Span];

    private byte[] IPv4Header()
    {
        var header = new byte[20];
        header[9] = Original.Protocol;
        Original.Source.GetAddressBytes().CopyTo(header, 12);
        Destination.GetAddressBytes().CopyTo(header, 16);
        return header;
    }

    private byte[] IPv6Header()
    {
        var header = new byte[40];
        header[6] = Original.Protocol;
        Original.Source.GetAddressBytes().CopyTo(header, 8);
        Destination.GetAddressBytes().CopyTo(header, 24);
        return header;
    }
}
