using System.Net;

namespace Viaduct.Linux.Ipvs;

/// <summary>A real server of a virtual service.</summary>
public sealed record DestinationSpec
{
    /// <summary>Where connections go.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The port there.</summary>
    public required ushort Port { get; init; }

    /// <summary>Its share of connections; 0: no new ones, those that are there go on. Like <c>ipvsadm -w</c>.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>How packets get there. Like <c>ipvsadm -m</c>, <c>-g</c> and <c>-i</c>.</summary>
    public ForwardingMethod Forwarding { get; init; }

    /// <inheritdoc/>
    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}

/// <summary>How packets reach a destination (IP_VS_CONN_F_*).</summary>
public enum ForwardingMethod
{
    /// <summary>Address translation.</summary>
    Masquerade = 0,

    /// <summary>The destination is this host.</summary>
    LocalNode = 1,

    /// <summary>A tunnel.</summary>
    Tunnel = 2,

    /// <summary>Direct routing: only the link-layer address changes.</summary>
    DirectRoute = 3,

    /// <summary>To a cache, around the destinations.</summary>
    Bypass = 4,
}

/// <summary>A destination as the kernel has it.</summary>
public sealed record DestinationInfo
{
    /// <summary>Where connections go.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The port there.</summary>
    public required ushort Port { get; init; }

    /// <summary>Its share of connections.</summary>
    public int Weight { get; init; }

    /// <summary>How packets get there.</summary>
    public ForwardingMethod Forwarding { get; init; }

    /// <summary>Connections in use (of TCP: established).</summary>
    public uint ActiveConnections { get; init; }

    /// <summary>Connections that are about to begin or end, and all of UDP.</summary>
    public uint InactiveConnections { get; init; }

    /// <summary>Clients that are bound to it.</summary>
    public uint PersistentConnections { get; init; }
}

/// <summary>After how many seconds without a packet a connection is forgotten; 0 leaves a value as it is. Like <c>ipvsadm --set</c>.</summary>
public readonly record struct IpvsTimeouts(uint Tcp, uint TcpFin, uint Udp);

/// <summary>What the kernel tells of its IPVS.</summary>
/// <param name="Version">Its own version, of the kernel's code since 2003: 1.2.1.</param>
/// <param name="ConnectionTableSize">Buckets of its table of connections.</param>
public readonly record struct IpvsInfo(Version Version, uint ConnectionTableSize);
