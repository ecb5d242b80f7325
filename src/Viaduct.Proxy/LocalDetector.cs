using System.Net;

namespace Viaduct.Proxy;

/// <summary>How to tell a connection of a pod on this node from others (kube-proxy's detectLocalMode). Without one, nobody counts as a local pod.</summary>
public abstract record LocalDetector
{
    /// <summary>By source address: ClusterCIDR and NodeCIDR.</summary>
    public sealed record Cidr(IPNetwork Network) : LocalDetector;

    /// <summary>By the bridge that pods are on: BridgeInterface.</summary>
    public sealed record Bridge(string Name) : LocalDetector;

    /// <summary>By how the devices of pods are named: InterfaceNamePrefix.</summary>
    public sealed record InterfacePrefix(string Prefix) : LocalDetector;
}
