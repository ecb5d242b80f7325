using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What the constant rules of the table depend on.</summary>
public sealed record NftablesOptions
{
    public required IPFamily Family { get; init; }

    /// <summary>Who counts as a pod on this node; null: nobody does.</summary>
    public LocalDetector? LocalDetector { get; init; }

    /// <summary>Every connection to a cluster IP gets this node's address, those of pods too.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>
    /// Node ports answer on this node's addresses inside these networks; empty: on all of its addresses but loopback ones. One inside 127.0.0.0/8
    /// opens them on the node's loopback address as well (IPv4 only).
    /// </summary>
    public ImmutableArray<IPNetwork> NodePortNetworks { get; init; } = [];

    /// <summary>
    /// The pods' bridge if it does not call iptables (the module br_netfilter is missing), otherwise null. Connections that stay on it get
    /// this node's address.
    /// </summary>
    public string? BridgeWithoutNetfilter { get; init; }
}
