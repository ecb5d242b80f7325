using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>What a machine needs in its kernel to reach the pods of one node; pure.</summary>
public static class PeerPlanner
{
    public static PeerEntries Plan(PeerNode peer, RoutePosition here)
    {
        if (here.Backend == RouteBackend.Vpc || peer.PodCidrs.Count == 0 || peer.Addresses.Count == 0)
            return PeerEntries.None;
        var draft = new Draft();
        foreach (var block in peer.PodCidrs)
        {
            if (Direct(peer, block, here) is { } direct)
                draft.Routes.Add(direct);
            else if (here.Tunnel is { } end)
                AddTunnel(draft, peer, block, end);
            else
                draft.Problem = Unreachable(peer, block, here);
        }
        return new PeerEntries(draft.Routes, draft.Neighbors, draft.Tunnels, draft.Problem);
    }

    /// <summary>The routes that a machine needs whatever the nodes are.</summary>
    public static IEnumerable<PodRoute> DefaultRoutes(RoutePosition here) =>
        from gateway in here.Gateways
        let link = here.LinkTo(gateway)
        where link is not null
        select new PodRoute(new IPNetwork(gateway.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0), gateway, link.Value);

    private static PodRoute? Direct(PeerNode peer, IPNetwork block, RoutePosition here) =>
        here.Backend != RouteBackend.Vxlan && peer.Address(block.BaseAddress.AddressFamily) is { } address && here.LinkTo(address) is { } link
            ? new PodRoute(block, address, link)
            : null;

    // IPv4: the first address of the block is the tunnel's own on the other side, as with flannel: no pod ever gets it. IPv6: such a next hop is refused while any
    // route to it leads to another device (ip6_route_check_nh_onlink), be it a wider one of somebody else's or the one to be replaced; a link-local one never is.
    private static void AddTunnel(Draft draft, PeerNode peer, IPNetwork block, TunnelEnd end)
    {
        // A node that has just come says in a moment where its tunnel ends; its next version brings us here again.
        if (peer.Vtep is not { } mac)
            return;
        if (peer.Address(end.OuterFamily) is not { } address)
        {
            draft.Problem = $"Node {peer.Name} has no {FamilyName(end.OuterFamily)} address, which the tunnels of this node need; give it one, or use the other family on all nodes.";
            return;
        }
        var isIPv6 = block.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        var gateway = isIPv6 ? mac.ToLinkLocal() : block.BaseAddress;
        draft.Routes.Add(new PodRoute(block, gateway, end.LinkIndex, OnLink: !isIPv6));
        draft.Neighbors.Add(new NeighborSpec { LinkIndex = end.LinkIndex, Address = gateway, LinkAddress = mac });
        if (draft.Tunnels.Count == 0)
            draft.Tunnels.Add(new FdbEntry(end.LinkIndex, mac, address));
    }

    private static string? Unreachable(PeerNode peer, IPNetwork block, RoutePosition here)
    {
        var family = block.BaseAddress.AddressFamily;
        if (here.Gateways.Any(g => g.AddressFamily == family))
            return null; // the router knows the way, or nobody does
        return peer.Address(family) is { } address
            ? $"Node {peer.Name} ({address}) is on no network of this node, so host-gw cannot reach its pods {block}; use the backend vxlan or auto."
            : $"Node {peer.Name} has no {FamilyName(family)} address, so host-gw cannot reach its pods {block}; give it one, or use the backend vxlan or auto.";
    }

    private static string FamilyName(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    private sealed class Draft
    {
        public List<PodRoute> Routes { get; } = new(2);

        public List<NeighborSpec> Neighbors { get; } = [];

        public List<FdbEntry> Tunnels { get; } = [];

        public string? Problem { get; set; }
    }
}
