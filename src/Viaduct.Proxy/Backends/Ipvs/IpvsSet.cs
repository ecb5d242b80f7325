using Viaduct.Linux.Ipset;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>The sets that the constant rules match.</summary>
internal enum IpvsSet : byte
{
    /// <summary>Served cluster IPs with their ports.</summary>
    ClusterIP,

    /// <summary>Served external addresses and node ports of policy Cluster: their connections get this node's address.</summary>
    External,

    /// <summary>The same of policy Local. Its marks lead clients from elsewhere to the endpoints on this node.</summary>
    ExternalLocal,

    /// <summary>Of policy Local without an endpoint on this node: dropped for clients from elsewhere.</summary>
    OffNodeDrop,

    /// <summary>Endpoints exist, but none that anybody here may be led to: dropped.</summary>
    Drop,

    /// <summary>No endpoints anywhere: refused.</summary>
    Refuse,

    /// <summary>Load balancers' addresses that not everybody may use.</summary>
    Firewalled,

    /// <summary>Who may.</summary>
    SourceRanges,

    /// <summary>Endpoints that may meet themselves.</summary>
    LoopBack,

    /// <summary>All addresses on kube-ipvs0.</summary>
    ServiceAddresses,

    /// <summary>Ranges that cluster IPs come from.</summary>
    ServiceCidrs,

    /// <summary>Ports of this node's own health check servers, which answer on the addresses of load balancers, too.</summary>
    HealthChecks,
}

/// <summary>Names and types of the sets. The names are ours alone: what kube-proxy left cannot be mistaken for them, nor the reverse.</summary>
internal static class IpvsSets
{
    private static readonly (string Name, string Type)[] s_sets =
    [
        ("CLUSTER-IP", "hash:ip,port"),
        ("EXTERNAL-IP", "hash:ip,port"),
        ("EXTERNAL-LOCAL", "hash:ip,port"),
        ("OFF-NODE-DROP", "hash:ip,port"),
        ("DROP", "hash:ip,port"),
        ("REFUSE", "hash:ip,port"),
        ("FIREWALL", "hash:ip,port"),
        ("SOURCE-RANGES", "hash:ip,port,net"),
        ("LOOP-BACK", "hash:ip,port,ip"),
        ("IPVS-IPS", "hash:ip"),
        ("SERVICE-CIDR", "hash:net"),
        ("HEALTH-CHECK", "hash:ip,port"),
    ];

    /// <summary>In the order in which entries are added: an address is known to have a Service before the others of its range are dropped.</summary>
    public static IpvsSet[] All { get; } = Enum.GetValues<IpvsSet>();

    public static string Name(IpvsSet set, IPFamily family) => $"{(family == IPFamily.IPv4 ? "VIADUCT-" : "VIADUCT-6-")}{s_sets[(int)set].Name}";

    public static IpsetSpec Spec(IpvsSet set, IPFamily family) => new()
    {
        Name = Name(set, family), Type = s_sets[(int)set].Type, Family = family.ToAddressFamily(), HasMarks = set == IpvsSet.ExternalLocal,
    };
}
