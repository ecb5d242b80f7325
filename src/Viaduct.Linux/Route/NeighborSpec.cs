using System.Net;

namespace Viaduct.Linux.Route;

/// <summary>A permanent entry of the neighbour table.</summary>
public sealed record NeighborSpec
{
    /// <summary>The link.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The neighbour's address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Its hardware address.</summary>
    public required MacAddress LinkAddress { get; init; }
}

/// <summary>An entry of the neighbour table as the kernel tells it.</summary>
public sealed record NeighborInfo
{
    /// <summary>The link.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The neighbour's address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Its hardware address, if known.</summary>
    public MacAddress? LinkAddress { get; init; }

    /// <summary>NUD_* bits: 0x80 is permanent, 0x02 reachable, 0x04 stale, 0x20 failed.</summary>
    public ushort State { get; init; }

    /// <summary>Whether it never expires.</summary>
    public bool IsPermanent => (State & Native.RouteConstants.NUD_PERMANENT) != 0;
}
