namespace Viaduct.Linux.Route;

/// <summary>A link as the kernel tells it.</summary>
public sealed record LinkInfo
{
    /// <summary>The interface index.</summary>
    public required int Index { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>What made it: "bridge", "veth"; null for others such as loopback.</summary>
    public string? Kind { get; init; }

    /// <summary>The hardware address of an Ethernet device.</summary>
    public MacAddress? Address { get; init; }

    /// <summary>The MTU.</summary>
    public int Mtu { get; init; }

    /// <summary>The index of the bridge that it is a port of.</summary>
    public int? Master { get; init; }

    /// <summary>The peer's index (veth) or the lower link's; in the peer's namespace.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>
    /// The number that the link's own namespace has for the namespace of <see cref="LinkIndex"/>; null means that this is the same namespace. See
    /// <see cref="RouteClient.FindNamespaceId"/>.
    /// </summary>
    public int? LinkNamespaceId { get; init; }

    /// <summary>Whether it is the loopback device (IFF_LOOPBACK).</summary>
    public bool IsLoopback { get; init; }

    /// <summary>Whether it is set up (IFF_UP).</summary>
    public bool IsUp { get; init; }

    /// <summary>Whether it also has carrier (IFF_RUNNING).</summary>
    public bool IsRunning { get; init; }

    /// <summary>Of a VXLAN tunnel, what it was made with.</summary>
    public VxlanInfo? Vxlan { get; init; }

    /// <summary>On a bridge port, whether frames are sent back where they came from.</summary>
    public bool? HairpinMode { get; init; }

    /// <summary>On a bridge port, what the spanning tree lets it do.</summary>
    public BridgePortState? PortState { get; init; }

    /// <summary>How many want it to receive frames for all; a bridge is one for each of its ports. The flag PROMISC tells of an administrator's wish only.</summary>
    public int Promiscuity { get; init; }
}

/// <summary>What a bridge port does (BR_STATE_* of linux/if_bridge.h).</summary>
public enum BridgePortState : byte
{
    /// <summary>Nothing: it is down.</summary>
    Disabled = 0,

    /// <summary>It hears the protocol and forwards nothing yet.</summary>
    Listening = 1,

    /// <summary>It learns addresses and forwards nothing yet.</summary>
    Learning = 2,

    /// <summary>It forwards.</summary>
    Forwarding = 3,

    /// <summary>It forwards nothing, because another way leads to the same place.</summary>
    Blocking = 4,
}

/// <summary>What the kernel tells of a VXLAN tunnel.</summary>
/// <param name="Id">The network's number (VNI).</param>
/// <param name="Port">The UDP port.</param>
/// <param name="Local">The own address below the tunnel, if it was given.</param>
/// <param name="UnderlayIndex">The link below the tunnel; 0 for none.</param>
/// <param name="Learning">Whether it learns ways from what arrives.</param>
public sealed record VxlanInfo(int Id, int Port, System.Net.IPAddress? Local, int UnderlayIndex, bool Learning);
