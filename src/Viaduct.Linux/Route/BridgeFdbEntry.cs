namespace Viaduct.Linux.Route;

/// <summary>An entry of a bridge's forwarding table: frames to this hardware address leave by this port.</summary>
/// <param name="PortIndex">The port.</param>
/// <param name="LinkAddress">The frames' destination.</param>
/// <param name="Kind">Why the entry is there.</param>
public sealed record BridgeFdbEntry(int PortIndex, MacAddress LinkAddress, BridgeFdbKind Kind);

/// <summary>Why an entry is in a bridge's forwarding table.</summary>
public enum BridgeFdbKind
{
    /// <summary>Learned from a frame; it ages.</summary>
    Learned,

    /// <summary>Added by hand; it does not age.</summary>
    Static,

    /// <summary>The address of a port or of the bridge itself: such frames are for this host.</summary>
    Local,
}
