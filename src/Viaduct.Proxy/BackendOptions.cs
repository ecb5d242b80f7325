using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>What a backend must know beside the Services: its family and the rules that hold for all of them.</summary>
public sealed record BackendOptions
{
    public required IPFamily Family { get; init; }

    /// <summary>Who counts as a pod on this node; null: nobody does.</summary>
    public LocalDetector? LocalDetector { get; init; }

    /// <summary>Every connection to a cluster IP gets this node's address, those of pods too.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>
    /// Node ports answer on this node's addresses inside these networks; empty: on all of its addresses but loopback ones. One inside 127.0.0.0/8
    /// opens them on the node's loopback address as well (IPv4 only; in iptables mode if <see cref="LocalhostNodePorts"/> is set).
    /// </summary>
    public ImmutableArray<IPNetwork> NodePortNetworks { get; init; } = [];

    /// <summary>
    /// The pods' bridge if it does not call iptables (the module br_netfilter is missing), otherwise null. Connections that stay on it get
    /// this node's address.
    /// </summary>
    public string? BridgeWithoutNetfilter { get; init; }

    /// <summary>For ipvs mode.</summary>
    public IpvsSettings Ipvs { get; init; } = new();

    /// <summary>The bit of the packet mark that says "give it this node's address"; iptables mode.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>Which iptables to use; null is the one that the node uses.</summary>
    public IptablesVariant? Iptables { get; init; }

    /// <summary>
    /// Whether node ports answer on the IPv4 loopback address, too, if <see cref="NodePortNetworks"/> do not leave it out; iptables mode.
    /// </summary>
    public bool LocalhostNodePorts { get; init; }

    /// <summary>After which time a mode looks for damage of which nobody tells.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether packets to loopback addresses were let in (<c>route_localnet</c>) before this proxy needed it; nftables mode.</summary>
    internal bool RouteLocalnetWasOn { get; init; }

    /// <summary>Whether node ports answer on the loopback address, too; other modes than iptables.</summary>
    internal bool OpensLoopback => Family == IPFamily.IPv4 && NodePortNetworks.Any(n => n.PrefixLength >= 8 && IPNetwork.Parse("127.0.0.0/8").Contains(n.BaseAddress));
}
