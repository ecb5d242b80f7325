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

/// <summary>
/// A tunnel of Ethernet frames in UDP (RFC 7348) whose ways are told by <see cref="FdbEntry"/>s. Like
/// <c>ip link add NAME type vxlan id ID local ADDRESS dev LINK dstport PORT nolearning</c>.
/// </summary>
public sealed record VxlanSpec : LinkSpec
{
    /// <summary>The network's number (VNI), 0 to 16777215.</summary>
    public required int Id { get; init; }

    /// <summary>The UDP port, here and at the other ends.</summary>
    public required int Port { get; init; }

    /// <summary>The own address below the tunnel.</summary>
    public required System.Net.IPAddress Local { get; init; }

    /// <summary>The link below the tunnel; the kernel takes its MTU, less 50 bytes (IPv4) or 70 (IPv6).</summary>
    public required int UnderlayIndex { get; init; }

    /// <summary>
    /// Whether the UDP header has a checksum; without, other ends take packets over IPv6 only if they were made so, too. With one, source NAT of the tunnel's packets
    /// spoils them as long as the checksum of what is inside is left to the link below (docs/kernel/tunnels.md).
    /// </summary>
    public bool OuterChecksum { get; init; }

    internal override string Kind => "vxlan";
}

/// <summary>A link of no further options: dummy, ifb and so on. Like <c>ip link add NAME type KIND</c>.</summary>
public sealed record PlainLinkSpec(string Type) : LinkSpec
{
    internal override string Kind => Type;
}
