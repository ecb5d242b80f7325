using System.Net;

namespace Viaduct.Addressing;

/// <summary>One vSwitch (subnet) of the VPC, in one zone; for dual stack it has a block of each family.</summary>
public sealed record VSwitchPlan(string Zone, IpRanges Cidr)
{
    /// <summary>What people call it; the zone when nothing else is known.</summary>
    public string Name { get; init; } = Zone;
}

/// <summary>Another cluster that pods may talk to: in the same VPC, or in one that is connected with it.</summary>
public sealed record OtherClusterPlan(string Name)
{
    /// <summary>Its VPC; the same range means the same VPC.</summary>
    public IpRanges Vpc { get; init; }

    public IpRanges PodCidr { get; init; }

    public IpRanges ServiceCidr { get; init; }
}

/// <summary>What the type of a node allows: how many network cards, and how many addresses on each.</summary>
public sealed record InstancePlan(int Enis, int AddressesPerEni);

/// <summary>The address ranges of a cluster: where its nodes, its pods and its Services live.</summary>
public sealed record ClusterPlan
{
    /// <summary>The defaults: room for 256 nodes.</summary>
    public static ClusterPlan Default { get; } = new();

    public PlanProvider Provider { get; init; } = PlanProvider.Viaduct;

    public PlanMode Mode { get; init; } = PlanMode.Flannel;

    public IpRanges Vpc { get; init; } = IPNetwork.Parse("192.168.0.0/16");

    public IReadOnlyList<VSwitchPlan> VSwitches { get; init; } =
        [new("a", IPNetwork.Parse("192.168.0.0/19")), new("b", IPNetwork.Parse("192.168.64.0/19"))];

    /// <summary>vSwitches for pods only, where pods get addresses of the VPC.</summary>
    public IReadOnlyList<VSwitchPlan> PodVSwitches { get; init; } = [];

    /// <summary>Empty where pods get addresses of the VPC.</summary>
    public IpRanges PodCidr { get; init; } = IPNetwork.Parse("172.20.0.0/16");

    /// <summary>Prefix length of each node's block of the IPv4 Pod CIDR.</summary>
    public int NodeMask { get; init; } = 24;

    /// <summary>Prefix length of each node's block of the IPv6 Pod CIDR.</summary>
    public int NodeMaskIPv6 { get; init; } = 64;

    public IpRanges ServiceCidr { get; init; } = IPNetwork.Parse("172.21.0.0/20");

    public int Nodes { get; init; } = 2;

    /// <summary>How many pods a node is meant to run; null when nobody said.</summary>
    public int? PodsPerNode { get; init; }

    /// <summary>How many Services are planned; null when nobody said.</summary>
    public int? Services { get; init; }

    public InstancePlan? Instance { get; init; }

    /// <summary>The address of the cluster's DNS; null for the usual one.</summary>
    public IPAddress? DnsServiceIp { get; init; }

    public IReadOnlyList<OtherClusterPlan> OtherClusters { get; init; } = [];

    /// <summary>Where the VPC has routes to: VPN, leased lines, other networks. A default route is none of these.</summary>
    public IpRanges Routes { get; init; }

    /// <summary>The network between the VPC's router and the host outside of a cluster of <c>viaduct up</c> (TEST-NET-3, RFC 5737; documentation prefix, RFC 3849).</summary>
    public IpRanges Outside { get; init; } = [IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("2001:db8:ffff::/64")];

    /// <summary>Whether each node owns a block of <see cref="PodCidr"/>; otherwise pods get addresses of the VPC.</summary>
    public bool NodesOwnBlocks => Mode is PlanMode.Flannel or PlanMode.VpcNative or PlanMode.Overlay;

    /// <summary>The prefix length of a node's block of this Pod CIDR.</summary>
    public int NodeMaskOf(IPNetwork podCidr) => podCidr.IsIPv6() ? NodeMaskIPv6 : NodeMask;

    /// <summary>What is wrong with the plan; empty when it can be built. <see cref="PlanChecker"/> tells warnings, too.</summary>
    public IReadOnlyList<PlanFinding> Validate() => [.. PlanChecker.Check(this).Where(f => f.Severity == FindingSeverity.Error)];
}
