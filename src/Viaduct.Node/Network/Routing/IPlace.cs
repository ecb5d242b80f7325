using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>The machine whose routes are kept: finds out where it stands, and readies it.</summary>
public interface IPlace
{
    /// <summary>The node that the machine is; null on a router.</summary>
    string? NodeName { get; }

    /// <summary>Where the machine stands now, or a sentence why that cannot be told yet. Makes devices that are needed.</summary>
    (RoutePosition? Position, string? Problem) Locate(PeerNode? self);

    /// <summary>Whether a change of a link or address may have moved it.</summary>
    bool IsMovedBy(RouteNotice notice);
}
