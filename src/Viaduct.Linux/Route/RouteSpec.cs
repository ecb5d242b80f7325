using System.Net;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Route;

/// <summary>How far a route's destination is (RT_SCOPE_*).</summary>
public enum RouteScope : byte
{
    /// <summary>Anywhere: a route with a gateway.</summary>
    Universe = RouteConstants.RT_SCOPE_UNIVERSE,

    /// <summary>On the link.</summary>
    Link = RouteConstants.RT_SCOPE_LINK,

    /// <summary>This host.</summary>
    Host = RouteConstants.RT_SCOPE_HOST,

    /// <summary>Nowhere.</summary>
    Nowhere = RouteConstants.RT_SCOPE_NOWHERE,
}

/// <summary>What a route does (RTN_*).</summary>
public enum RouteType : byte
{
    /// <summary>Sends on.</summary>
    Unicast = RouteConstants.RTN_UNICAST,

    /// <summary>Takes in.</summary>
    Local = RouteConstants.RTN_LOCAL,

    /// <summary>Broadcasts.</summary>
    Broadcast = 3,

    /// <summary>Multicasts.</summary>
    Multicast = 5,

    /// <summary>Drops silently.</summary>
    Blackhole = RouteConstants.RTN_BLACKHOLE,

    /// <summary>Refuses with an ICMP message.</summary>
    Unreachable = RouteConstants.RTN_UNREACHABLE,
}

/// <summary>Where routes are (RT_TABLE_*).</summary>
public enum RouteTable : byte
{
    /// <summary>Where routes are unless something else is said.</summary>
    Main = RouteConstants.RT_TABLE_MAIN,

    /// <summary>What this host takes in: the kernel keeps it for the addresses of links, and looks there first.</summary>
    Local = RouteConstants.RT_TABLE_LOCAL,
}

/// <summary>A route.</summary>
public sealed record RouteSpec
{
    /// <summary>Where to; null is everywhere, the default route.</summary>
    public IPNetwork? Destination { get; init; }

    /// <summary>Through which router.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Through which link.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>Who made it (RTPROT_*, /etc/iproute2/rt_protos); programs use numbers of their own above 16 to know theirs.</summary>
    public byte Protocol { get; init; } = RouteConstants.RTPROT_STATIC;

    /// <summary>The scope; null derives it as ip(8) does: link without a gateway, otherwise universe.</summary>
    public RouteScope? Scope { get; init; }

    /// <summary>The metric; lower wins.</summary>
    public uint? Metric { get; init; }

    /// <summary>The preferred source address.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>Takes the gateway as reachable on the link although no address says so.</summary>
    public bool OnLink { get; init; }

    /// <summary>What the route does.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>In which table.</summary>
    public RouteTable Table { get; init; } = RouteTable.Main;

    /// <inheritdoc/>
    public override string ToString()
    {
        var destination = Destination is { } network && !(network.PrefixLength == 0) ? network.ToString() : "default";
        var type = Type == RouteType.Unicast ? "" : $"{Type} ".ToLowerInvariant();
        return $"{type}{destination}{(Gateway is null ? "" : $" via {Gateway}")}{(LinkIndex is null ? "" : $" on link {LinkIndex}")}";
    }
}

/// <summary>A route as the kernel tells it.</summary>
public sealed record RouteInfo
{
    /// <summary>Where to; a prefix of length 0 is the default route.</summary>
    public required IPNetwork Destination { get; init; }

    /// <summary>Through which router.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Through which link.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>Who made it (RTPROT_*); 2 is the kernel itself.</summary>
    public byte Protocol { get; init; }

    /// <summary>The scope.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>The metric; lower wins.</summary>
    public uint? Metric { get; init; }

    /// <summary>The preferred source address.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>What the route does.</summary>
    public RouteType Type { get; init; }

    /// <summary>Whether the gateway is taken as reachable on the link although no address says so.</summary>
    public bool OnLink { get; init; }

    /// <summary>Whether it is the default route.</summary>
    public bool IsDefault => Destination.PrefixLength == 0;
}
