using System.Net;

namespace Viaduct.Addressing.Rules;

/// <summary>Blocks that have a use of their own, and that a plan must leave alone.</summary>
internal static class ReservedRanges
{
    public static IReadOnlyList<PlanRange> All { get; } =
    [
        Special("0.0.0.0/8", "\"this network\""),
        Special("127.0.0.0/8", "loopback"),
        Special("169.254.0.0/16", "link-local (metadata services)"),
        Special("224.0.0.0/4", "multicast"),
        Special("240.0.0.0/4", "reserved"),
        Special("::/127", "unspecified and loopback"),
        Special("::ffff:0:0/96", "IPv4-mapped"),
        Special("64:ff9b::/96", "NAT64"),
        Special("fe80::/10", "link-local"),
        Special("ff00::/8", "multicast"),
        new(RangeKind.SharedAddressSpace, "", "the shared address space", IPNetwork.Parse("100.64.0.0/10")),
        new(RangeKind.DockerBridge, "", "Docker's default bridge", IPNetwork.Parse("172.17.0.0/16")),
    ];

    /// <summary>The world outside of a cluster of <c>viaduct up</c>.</summary>
    public static IEnumerable<PlanRange> Outside(ClusterPlan plan) => plan.Provider == PlanProvider.Viaduct
        ? plan.Outside.Select(block => new PlanRange(RangeKind.Outside, "", "the network outside of the cluster", block))
        : [];

    private static PlanRange Special(string block, string use) => new(RangeKind.Special, "", $"the {use} range", IPNetwork.Parse(block));
}
