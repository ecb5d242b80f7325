using System.Net;

namespace Viaduct.Addressing;

/// <summary>One vSwitch of the VPC: the network of one zone.</summary>
public sealed record VSwitchPlan(string Zone, IPNetwork Cidr);

/// <summary>One thing wrong with a plan: which field, and a sentence that says what and what to do.</summary>
public sealed record PlanFinding(string Field, string Message)
{
    public override string ToString() => $"{Field}: {Message}";
}

/// <summary>The address ranges of a cluster: where its nodes, its pods and its Services live.</summary>
public sealed record ClusterPlan
{
    /// <summary>The defaults: room for 256 nodes.</summary>
    public static ClusterPlan Default { get; } = new();

    public IPNetwork Vpc { get; init; } = IPNetwork.Parse("192.168.0.0/16");

    public IReadOnlyList<VSwitchPlan> VSwitches { get; init; } =
        [new("a", IPNetwork.Parse("192.168.0.0/19")), new("b", IPNetwork.Parse("192.168.64.0/19"))];

    public IPNetwork PodCidr { get; init; } = IPNetwork.Parse("172.20.0.0/16");

    /// <summary>Prefix length of each node's block of the Pod CIDR.</summary>
    public int NodeMask { get; init; } = 24;

    public IPNetwork ServiceCidr { get; init; } = IPNetwork.Parse("172.21.0.0/20");

    public int Nodes { get; init; } = 2;

    /// <summary>The network between the VPC's router and the host outside of the cluster (TEST-NET-3, RFC 5737).</summary>
    public IPNetwork Outside { get; init; } = IPNetwork.Parse("203.0.113.0/24");

    /// <summary>Everything wrong with the plan; empty when it can be built.</summary>
    public IReadOnlyList<PlanFinding> Validate() =>
        [.. PlanRules.Ranges(this), .. PlanRules.VSwitches(this), .. PlanRules.Overlaps(this), .. PlanRules.Capacity(this)];
}
