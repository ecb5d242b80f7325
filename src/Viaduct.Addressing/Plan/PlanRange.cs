using System.Net;

namespace Viaduct.Addressing;

/// <summary>What a range is for. The order matters to nobody but to the sweep: what holds others comes first.</summary>
public enum RangeKind
{
    Special,
    SharedAddressSpace,
    DockerBridge,
    Outside,
    Vpc,
    OtherVpc,
    Route,
    OtherPods,
    OtherServices,
    VSwitch,
    PodVSwitch,
    Pod,
    Service,
}

/// <summary>One block of a plan, or one that it must respect.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Field">Where it stands in the plan's file, such as <c>vSwitches[1].cidr</c>; empty when it is not in it.</param>
/// <param name="Name">What a sentence calls it.</param>
/// <param name="Block">Its addresses.</param>
public sealed record PlanRange(RangeKind Kind, string Field, string Name, IPNetwork Block)
{
    /// <summary>All ranges that a plan names.</summary>
    public static IEnumerable<PlanRange> Of(ClusterPlan plan)
    {
        IEnumerable<PlanRange> own =
        [
            .. Ranges(RangeKind.Vpc, "vpc", "the VPC", plan.Vpc),
            .. plan.VSwitches.SelectMany((v, i) => Ranges(RangeKind.VSwitch, $"vSwitches[{i}].cidr", NameOf("vSwitch", v), v.Cidr)),
            .. plan.PodVSwitches.SelectMany((v, i) => Ranges(RangeKind.PodVSwitch, $"podVSwitches[{i}].cidr", NameOf("pod vSwitch", v), v.Cidr)),
            .. Ranges(RangeKind.Pod, "podCidr", "podCidr", plan.PodCidr),
            .. Ranges(RangeKind.Service, "serviceCidr", "serviceCidr", plan.ServiceCidr),
        ];
        // A default route is where all else goes, and occupies nothing.
        var routes = Ranges(RangeKind.Route, "routes", "the route", plan.Routes).Where(r => r.Block.PrefixLength > 0);
        return own.Concat(plan.OtherClusters.SelectMany((cluster, i) => OfOther(cluster, $"otherClusters[{i}]", plan.Vpc))).Concat(routes);
    }

    public override string ToString() => $"{Name} {Block}";

    private static string NameOf(string what, VSwitchPlan vSwitch) =>
        vSwitch.Name == vSwitch.Zone ? $"{what} {vSwitch.Zone}" : $"{what} {vSwitch.Name} (zone {vSwitch.Zone})";

    private static IEnumerable<PlanRange> OfOther(OtherClusterPlan cluster, string field, IpRanges own) =>
    [
        // The VPC that both clusters live in is no other one.
        .. Ranges(RangeKind.OtherVpc, $"{field}.vpc", $"the VPC of cluster {cluster.Name}", cluster.Vpc).Where(r => !own.Contains(r.Block)),
        .. Ranges(RangeKind.OtherPods, $"{field}.podCidr", $"podCidr of cluster {cluster.Name}", cluster.PodCidr),
        .. Ranges(RangeKind.OtherServices, $"{field}.serviceCidr", $"serviceCidr of cluster {cluster.Name}", cluster.ServiceCidr),
    ];

    private static IEnumerable<PlanRange> Ranges(RangeKind kind, string field, string name, IpRanges blocks) =>
        blocks.Select((block, i) => new PlanRange(kind, blocks.Count > 1 ? $"{field}[{i}]" : field, name, block));
}
