using System.Net;

namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>A packet of a connection in its original direction, as it was before any translation.</summary>
public sealed record NftPacket
{
    /// <summary>Who sends it.</summary>
    public required IPAddress Source { get; init; }

    /// <summary>To whom.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>The IP protocol number: 6 is TCP, 17 UDP, 132 SCTP.</summary>
    public byte Protocol { get; init; } = 6;

    /// <summary>The sender's port.</summary>
    public ushort SourcePort { get; init; } = 40000;

    /// <summary>The receiver's port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>The device that it comes in by; null if a process of this host sends it.</summary>
    public string? InputInterface { get; init; }

    /// <summary>Whether it is its connection's first. Only those are translated anew; the tracer knows no earlier connections.</summary>
    public bool IsNew { get; init; } = true;
}

/// <summary>What a trace must know of the host besides its rules.</summary>
public sealed record NftHost
{
    /// <summary>The host's own addresses; loopback ones count by themselves.</summary>
    public required IReadOnlyCollection<IPAddress> Addresses { get; init; }

    /// <summary>The device that packets to an address leave by, as routes have it.</summary>
    public Func<IPAddress, string> OutputInterface { get; init; } = _ => "eth0";

    /// <summary>The host's bridges that call iptables: what comes in and leaves by the same one is not routed but handed on.</summary>
    public IReadOnlyCollection<string> Bridges { get; init; } = [];

    /// <summary>Whether packets to the address end here.</summary>
    public bool IsLocal(IPAddress address) => IPAddress.IsLoopback(address) || Addresses.Contains(address);
}
