using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>A node: one link to the network of the nodes, and with some backends a tunnel device.</summary>
/// <param name="ns">The node's network namespace.</param>
/// <param name="client">In it.</param>
/// <param name="options">What is wanted.</param>
/// <param name="onMtu">Told the pods' MTU when it is found, and when it changes.</param>
public sealed class NodePlace(NetNamespace ns, RouteClient client, PodNetworkOptions options, Action<int> onMtu) : IPlace
{
    private readonly VxlanDevice _tunnel = new(ns, client, options);
    private Underlay? _underlay;
    private LinkState? _underlayState, _tunnelState;
    private PeerNode? _self;

    public string NodeName => options.NodeName;

    string? IPlace.NodeName => options.NodeName;

    /// <summary>What to write into the Node's annotation; null without a tunnel.</summary>
    public MacAddress? Vtep => options.Backend.HasTunnel() ? _tunnel.Address : null;

    public (RoutePosition? Position, string? Problem) Locate(PeerNode? self)
    {
        _self = self;
        if (self is null)
            return (null, $"There is no Node {options.NodeName}; routes to pods wait for it.");
        if (self.Addresses.Count == 0)
            return (null, $"Node {options.NodeName} has no address of type InternalIP yet; routes to pods wait for it.");
        _underlay = Underlay.Read(client, self.Addresses);
        _underlayState = _underlay is null ? null : LinkState.Of(_underlay.Link);
        if (_underlay is null)
            return (null, $"No link has an address of node {options.NodeName} ({string.Join(", ", self.Addresses)}); routes to pods wait for it. Correct the Node's addresses or the machine's.");
        onMtu(_underlay.PodMtu(options.Backend));
        if (!_underlay.Link.IsUp)
            return (null, $"Link {_underlay.Link.Name}, which carries the node's address {_underlay.Address}, is down; routes to pods wait for it.");
        var position = new RoutePosition { Backend = options.Backend, OnLink = _underlay.OnLink, Gateways = options.Gateways, Tunnel = EnsureTunnel(_underlay, self) };
        return (position, null);
    }

    public bool IsMovedBy(RouteNotice notice) => notice switch
    {
        { Link: { } link } when link.Index == _underlay?.Link.Index => notice.IsRemoval || LinkState.Of(link) != _underlayState,
        { Link: { } link } when link.Name == options.TunnelName => options.Backend.HasTunnel() && (notice.IsRemoval || LinkState.Of(link) != _tunnelState),
        { Address: { } address } => _self is { } self && (self.Addresses.Contains(address.Address)
            || (notice.IsRemoval && options.Backend.HasTunnel() && self.PodCidrs.Any(c => c.BaseAddress.Equals(address.Address)))),
        _ => false,
    };

    private TunnelEnd? EnsureTunnel(Underlay underlay, PeerNode self)
    {
        if (!options.Backend.HasTunnel())
        {
            _tunnel.Remove();
            return null;
        }
        var end = _tunnel.Ensure(underlay, self.PodCidrs);
        _tunnelState = LinkState.Of(client.GetLink(options.TunnelName));
        return end;
    }

    private sealed record LinkState(int Index, bool IsUp, int Mtu, MacAddress? Address)
    {
        public static LinkState Of(LinkInfo link) => new(link.Index, link.IsUp, link.Mtu, link.Address);
    }
}
