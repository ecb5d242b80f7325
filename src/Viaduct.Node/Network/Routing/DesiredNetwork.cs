using System.Net;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>What has to change in a kernel.</summary>
public sealed record NetworkDiff(Difference<PodRoute> Routes, Difference<NeighborSpec> Neighbors, Difference<FdbEntry> Tunnels)
{
    public bool IsEmpty => Routes.Count + Neighbors.Count + Tunnels.Count == 0;
}

/// <summary>Our entries in a kernel.</summary>
public sealed record ActualNetwork(IReadOnlyCollection<PodRoute> Routes, IReadOnlyCollection<NeighborSpec> Neighbors, IReadOnlyCollection<FdbEntry> Tunnels);

/// <summary>
/// Everything that the nodes ask for of one machine's kernel, kept up to date node by node: a node's change costs what the node has. No I/O. Not for
/// concurrent use.
/// </summary>
public sealed class DesiredNetwork
{
    // No node is called so: names of nodes are DNS names.
    private const string Always = "";

    private readonly Dictionary<string, string> _problems = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PeerEntries> _peers = new(StringComparer.Ordinal);
    private readonly ClaimedMap<IPNetwork, PodRoute> _routes = new(r => r.Destination);
    private readonly ClaimedMap<IPAddress, NeighborSpec> _neighbors = new(n => n.Address);
    private readonly ClaimedMap<MacAddress, FdbEntry> _tunnels = new(t => t.LinkAddress);

    public DesiredNetwork(RoutePosition here, IEnumerable<PeerNode> peers)
    {
        Position = here;
        _routes.Exchange(Always, [], [.. PeerPlanner.DefaultRoutes(here)]);
        foreach (var peer in peers)
            Update(peer.Name, peer);
    }

    public RoutePosition Position { get; }

    public int RouteCount => _routes.Count;

    /// <summary>Why pods cannot be reached: a sentence for each node where that is so.</summary>
    public IReadOnlyCollection<string> Problems => _problems.Values;

    /// <summary>A node is like this now, or is gone when null; what that changes.</summary>
    public NetworkDiff Update(string name, PeerNode? peer)
    {
        var old = _peers.GetValueOrDefault(name) ?? PeerEntries.None;
        var now = peer is null ? PeerEntries.None : PeerPlanner.Plan(peer, Position);
        if (peer is null)
            _peers.Remove(name);
        else
            _peers[name] = now;
        if (now.Problem is { } problem)
            _problems[name] = problem;
        else
            _problems.Remove(name);
        return new NetworkDiff(
            _routes.Exchange(name, old.Routes, now.Routes), _neighbors.Exchange(name, old.Neighbors, now.Neighbors), _tunnels.Exchange(name, old.Tunnels, now.Tunnels));
    }

    /// <summary>What turns the kernel's state into this.</summary>
    public NetworkDiff Compare(ActualNetwork actual) =>
        new(_routes.Compare(actual.Routes), _neighbors.Compare(actual.Neighbors), _tunnels.Compare(actual.Tunnels));

    /// <summary>Whether what the kernel tells shows that its state is no longer this.</summary>
    public bool IsContradictedBy(RouteNotice notice, byte protocol) => notice switch
    {
        { Route: { } route } => IsContradictedBy(route, notice.IsRemoval, protocol),
        { Neighbor: { } neighbor } when neighbor.LinkIndex == Position.Tunnel?.LinkIndex =>
            _neighbors.TryGet(neighbor.Address, out var wanted) && (notice.IsRemoval || neighbor.LinkAddress != wanted.LinkAddress || !neighbor.IsPermanent),
        { FdbEntry: { } entry } when entry.LinkIndex == Position.Tunnel?.LinkIndex =>
            _tunnels.TryGet(entry.LinkAddress, out var wanted) && (notice.IsRemoval || entry != wanted),
        _ => false,
    };

    private bool IsContradictedBy(RouteInfo route, bool isRemoval, byte protocol)
    {
        if (!_routes.TryGet(route.Destination, out var wanted))
            return !isRemoval && route.Protocol == protocol; // made in our name, by somebody else
        return isRemoval ? route.Protocol == protocol : route.Protocol != protocol || PodRoute.From(route) != wanted;
    }
}
