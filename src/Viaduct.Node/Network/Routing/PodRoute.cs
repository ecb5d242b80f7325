using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>A route to the pods of one node, or to everything else.</summary>
/// <param name="Destination">A Pod CIDR; the default route has a prefix of length 0.</param>
/// <param name="Gateway">The next hop.</param>
/// <param name="LinkIndex">The link to it.</param>
/// <param name="OnLink">The next hop is on the link although no address says so: the other end of a tunnel.</param>
public readonly record struct PodRoute(IPNetwork Destination, IPAddress Gateway, int LinkIndex, bool OnLink = false)
{
    /// <summary>Our rtnetlink protocol number (rt_protos: 5 to 255 are free for user space; unused by the known daemons).</summary>
    public const byte DefaultProtocol = 86;

    // IP6_RT_PRIO_USER: what the kernel takes when nobody names a metric. IPv4 has none then.
    private const uint DefaultMetricIPv6 = 1024;

    public RouteSpec ToSpec(byte protocol) => new() { Destination = Destination, Gateway = Gateway, LinkIndex = LinkIndex, OnLink = OnLink, Protocol = protocol };

    /// <summary>A route of the kernel as one of ours; null when it has another form than any that we make.</summary>
    public static PodRoute? From(RouteInfo route) =>
        route is { Gateway: { } gateway, LinkIndex: { } link, Type: RouteType.Unicast, Source: null } && HasDefaultMetric(route)
            ? new PodRoute(route.Destination, gateway, link, route.OnLink)
            : null;

    private static bool HasDefaultMetric(RouteInfo route) =>
        route.Metric is null or 0 || (route.Metric == DefaultMetricIPv6 && route.Destination.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6);
}

/// <summary>What one node asks for of another's kernel.</summary>
/// <param name="Routes">To its pods.</param>
/// <param name="Neighbors">Hardware addresses behind the tunnel's next hops.</param>
/// <param name="Tunnels">Where frames to its end of the tunnel go.</param>
/// <param name="Problem">Why some of its pods cannot be reached; a sentence.</param>
public sealed record PeerEntries(IReadOnlyList<PodRoute> Routes, IReadOnlyList<NeighborSpec> Neighbors, IReadOnlyList<FdbEntry> Tunnels, string? Problem)
{
    public static PeerEntries None { get; } = new([], [], [], null);
}
