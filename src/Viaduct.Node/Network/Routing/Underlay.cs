using System.Net;
using System.Net.Sockets;
using Viaduct.Addressing;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>The link that carries a node's own address, and what it is connected to.</summary>
public sealed record Underlay(LinkInfo Link, IPAddress Address, IReadOnlyList<OnLinkNetwork> OnLink)
{
    /// <summary>The outer headers of a tunnelled packet: Ethernet 14, IPv4 20 or IPv6 40, UDP 8, VXLAN 8 (RFC 7348, section 5).</summary>
    public static int TunnelOverhead(AddressFamily outer) => outer == AddressFamily.InterNetworkV6 ? 70 : 50;

    /// <summary>The largest packet that a pod can send to every other pod.</summary>
    public int PodMtu(RouteBackend backend) => Link.Mtu - (backend.HasTunnel() ? TunnelOverhead(Address.AddressFamily) : 0);

    /// <summary>Finds the link with the first of these addresses that a link has; null when none has one.</summary>
    public static Underlay? Read(RouteClient client, IReadOnlyList<IPAddress> own)
    {
        var addresses = client.ListAddresses();
        foreach (var address in own)
        {
            if (addresses.FirstOrDefault(a => a.Address.Equals(address)) is { } found)
                return new Underlay(client.ListLinks().First(l => l.Index == found.LinkIndex), address, Networks(addresses, found.LinkIndex, own));
        }
        return null;
    }

    // An address with a full prefix says nothing about neighbours.
    private static OnLinkNetwork[] Networks(IEnumerable<AddressInfo> addresses, int link, IReadOnlyList<IPAddress> own) =>
    [
        .. from a in addresses
           where a.LinkIndex == link && own.Contains(a.Address) && a.PrefixLength < a.Address.GetAddressBytes().Length * 8
           select new OnLinkNetwork(Cidr.Around(a.Address, a.PrefixLength), link),
    ];
}
