using System.Net;

namespace Viaduct.Node.Network.Routing;

/// <summary>How the pods of all nodes are reached.</summary>
public sealed record PodNetworkOptions
{
    /// <summary>The node whose routes these are.</summary>
    public required string NodeName { get; init; }

    public RouteBackend Backend { get; init; }

    /// <summary>The routers of the network, one per IP family: the default route leads to them, and is kept. None where something else does that.</summary>
    public IReadOnlyList<IPAddress> Gateways { get; init; } = [];

    /// <summary>Number of the tunnels' network (VNI).</summary>
    public int Vni { get; init; } = 1;

    /// <summary>The tunnels' UDP port; IANA's for VXLAN.</summary>
    public int VxlanPort { get; init; } = 4789;

    /// <summary>Whether tunnelled packets leave their checksum to the link below; null decides by the kernel's version.</summary>
    public bool? ChecksumOffload { get; init; }

    /// <summary>The rtnetlink protocol number of our routes.</summary>
    public byte Protocol { get; init; } = PodRoute.DefaultProtocol;

    public string TunnelName => $"vxlan{Vni}";
}
