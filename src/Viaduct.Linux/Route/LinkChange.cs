using Viaduct.Linux.Namespaces;

namespace Viaduct.Linux.Route;

/// <summary>What to change on a link; null leaves it as it is.</summary>
public sealed record LinkChange
{
    /// <summary>Set up or down.</summary>
    public bool? Up { get; init; }

    /// <summary>The index of the bridge to join; 0 leaves it.</summary>
    public int? Master { get; init; }

    /// <summary>The MTU.</summary>
    public int? Mtu { get; init; }

    /// <summary>The new name; the link must be down on kernels before 6.2.</summary>
    public string? Name { get; init; }

    /// <summary>The hardware address. Setting a bridge's own address to itself pins it: it no longer follows the ports.</summary>
    public MacAddress? Address { get; init; }

    /// <summary>The namespace to move to. The link keeps its name and loses its addresses.</summary>
    public NetNamespace? Namespace { get; init; }

    /// <summary>Whether a bridge port sends frames back where they came from. Like <c>bridge link set dev X hairpin on</c>.</summary>
    public bool? HairpinMode { get; init; }

    /// <summary>Whether a bridge learns from the source addresses of what comes in by this port. Like <c>bridge link set dev X learning on</c>.</summary>
    public bool? Learning { get; init; }

    /// <summary>Whether a bridge sends frames for unknown hardware addresses out of this port. Like <c>bridge link set dev X flood on</c>.</summary>
    public bool? UnicastFlood { get; init; }

    /// <summary>Whether a bridge port takes in only frames of senders that the forwarding table has for it. Like <c>bridge link set dev X locked on</c>; since Linux 5.18.</summary>
    public bool? Locked { get; init; }

    /// <summary>What to change on a bridge itself.</summary>
    public BridgeChange? Bridge { get; init; }

    internal bool IsOfPort => (HairpinMode ?? Learning ?? UnicastFlood ?? Locked) is not null;

    internal bool IsOfLink => (Up ?? (object?)Master ?? Mtu ?? Name ?? (object?)Address ?? Namespace ?? (object?)Bridge) is not null;
}

/// <summary>What to change on a bridge; null leaves it as it is. Like <c>ip link set dev BR type bridge ...</c>.</summary>
public sealed record BridgeChange
{
    /// <summary>Whether the spanning tree protocol (IEEE 802.1D) runs.</summary>
    public bool? Stp { get; init; }

    /// <summary>How long a port listens, and then learns, before it forwards; at least 2 s while the spanning tree protocol runs.</summary>
    public TimeSpan? ForwardDelay { get; init; }

    /// <summary>How often the root of the spanning tree speaks.</summary>
    public TimeSpan? HelloTime { get; init; }

    /// <summary>How long a learned address is kept after its last frame.</summary>
    public TimeSpan? AgeingTime { get; init; }

    /// <summary>Whether it listens to who wants which multicast, and says so itself (IGMP).</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>Whether IPv4 packets that it bridges pass the hooks of iptables, whatever <c>net.bridge.bridge-nf-call-iptables</c> says.</summary>
    public bool? CallIptables { get; init; }
}
