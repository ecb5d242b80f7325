using Viaduct.Linux.Namespaces;

namespace Viaduct.Linux.Route;

/// <summary>A link to be made.</summary>
public abstract record LinkSpec
{
    /// <summary>Its name, at most 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Its hardware address; null lets the kernel choose.</summary>
    public MacAddress? Address { get; init; }

    /// <summary>Its MTU; null takes the kernel's default.</summary>
    public int? Mtu { get; init; }

    /// <summary>The index of the bridge to join.</summary>
    public int? Master { get; init; }

    /// <summary>Whether it is set up at once.</summary>
    public bool Up { get; init; }

    internal abstract string Kind { get; }
}

/// <summary>A bridge. Like <c>ip link add NAME type bridge</c>.</summary>
public sealed record BridgeSpec : LinkSpec
{
    internal override string Kind => "bridge";
}

/// <summary>
/// A pair of linked devices, the peer made directly in its namespace. Like <c>ip link add NAME type veth peer name PEER netns NS</c>.
/// The peer stays down: the kernel refuses to set it up before the pair is linked (veth_open); set it up in its namespace.
/// </summary>
public sealed record VethSpec : LinkSpec
{
    /// <summary>The peer's name.</summary>
    public required string PeerName { get; init; }

    /// <summary>The namespace that the peer is made in; null is the client's own.</summary>
    public NetNamespace? PeerNamespace { get; init; }

    /// <summary>The peer's hardware address; null lets the kernel choose.</summary>
    public MacAddress? PeerAddress { get; init; }

    internal override string Kind => "veth";
}

/// <summary>A link of no further options: dummy, ifb and so on. Like <c>ip link add NAME type KIND</c>.</summary>
public sealed record PlainLinkSpec(string Type) : LinkSpec
{
    internal override string Kind => Type;
}
