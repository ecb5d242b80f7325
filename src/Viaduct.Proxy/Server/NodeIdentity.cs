using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.NodeFacts;

namespace Viaduct.Proxy.Server;

/// <summary>What a proxy knows of its node before it serves.</summary>
public sealed record NodeIdentity
{
    /// <summary>As pods carry it.</summary>
    public required string Name { get; init; }

    /// <summary>At most one address per IP family, the preferred family first.</summary>
    public required ImmutableArray<IPAddress> Addresses { get; init; }

    /// <summary><c>spec.podCIDRs</c>; only for detectLocalMode NodeCIDR.</summary>
    public IReadOnlyList<string> PodCidrs { get; init; } = [];

    /// <summary>The pods' bridge if it does not call iptables, otherwise null.</summary>
    public string? BridgeWithoutNetfilter { get; init; }

    /// <summary>The IP families that Services are served in: those of the node's addresses, as far as the kernel has them.</summary>
    internal IReadOnlyList<IPFamily> Families(bool kernelHasIPv6)
    {
        IPFamily[] known = [.. ((IPFamily[])[IPFamily.IPv4, IPFamily.IPv6]).Where(f => Addresses.Of(f) is not null && (f == IPFamily.IPv4 || kernelHasIPv6))];
        return known.Length > 0 ? known : [IPFamily.IPv4];
    }
}
