using System.Net;
using System.Net.Sockets;

namespace Viaduct.Node.Network.Routing;

/// <summary>Where in the network a machine stands whose routes are planned.</summary>
public sealed record RoutePosition
{
    public required RouteBackend Backend { get; init; }

    /// <summary>The networks that it is connected to.</summary>
    public required IReadOnlyList<OnLinkNetwork> OnLink { get; init; }

    /// <summary>The routers of the network, one per IP family, that the default route leads to; none where that is not our business.</summary>
    public IReadOnlyList<IPAddress> Gateways { get; init; } = [];

    /// <summary>Its end of the tunnel, with a backend that has one.</summary>
    public TunnelEnd? Tunnel { get; init; }

    /// <summary>The link on which the address is, or null.</summary>
    public int? LinkTo(IPAddress address)
    {
        foreach (var (network, link) in OnLink)
        {
            if (network.Contains(address))
                return link;
        }
        return null;
    }
}

/// <summary>A network that a link is connected to.</summary>
public readonly record struct OnLinkNetwork(IPNetwork Network, int LinkIndex);

/// <summary>A tunnel's device, and the family of the addresses below the tunnel.</summary>
public sealed record TunnelEnd(int LinkIndex, AddressFamily OuterFamily);
