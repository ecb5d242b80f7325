using System.Net.Sockets;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>A router with a link into each of several networks: it reaches the pods of every node that is on one of them.</summary>
/// <param name="client">In the router's network namespace.</param>
public sealed class RouterPlace(RouteClient client) : IPlace
{
    public string? NodeName => null;

    public (RoutePosition? Position, string? Problem) Locate(PeerNode? self) =>
        (new RoutePosition { Backend = RouteBackend.HostGw, OnLink = [.. client.ListRoutes().Where(IsConnected).Select(r => new OnLinkNetwork(r.Destination, r.LinkIndex!.Value))] }, null);

    public bool IsMovedBy(RouteNotice notice) => notice.Link is not null || notice.Address is not null;

    // The kernel makes one of these for each address of a link that is up.
    private static bool IsConnected(RouteInfo route) =>
        route is { Gateway: null, LinkIndex: not null, Type: RouteType.Unicast, IsDefault: false, Protocol: 2 }
        && !(route.Destination.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 && route.Destination.BaseAddress.IsIPv6LinkLocal);
}
