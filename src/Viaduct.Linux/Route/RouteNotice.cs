namespace Viaduct.Linux.Route;

/// <summary>A change in a network namespace as the kernel tells it: one of the objects is set, or <see cref="IsLost"/>.</summary>
public sealed record RouteNotice
{
    /// <summary>The object is gone; otherwise it is new or changed.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>Notices were lost: only reading everything anew helps.</summary>
    public bool IsLost { get; init; }

    /// <summary>A link.</summary>
    public LinkInfo? Link { get; init; }

    /// <summary>An address.</summary>
    public AddressInfo? Address { get; init; }

    /// <summary>A route of the main table.</summary>
    public RouteInfo? Route { get; init; }

    /// <summary>A neighbour.</summary>
    public NeighborInfo? Neighbor { get; init; }

    /// <summary>An entry of a tunnel's forwarding table.</summary>
    public FdbEntry? FdbEntry { get; init; }

    internal static RouteNotice Lost { get; } = new() { IsLost = true };
}
