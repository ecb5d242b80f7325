namespace Viaduct.Addressing.Rules;

/// <summary>Alibaba Cloud Container Service.</summary>
internal static class AckRules
{
    private const int MostVSwitches = 150;
    private const int TerwayLongestMask = 19;
    private const int TerwayFewestPods = 12;

    public static PlanRule[] All { get; } =
    [
        new RangeRule("vpc-private", Sources.AckPlanning, [RangeKind.Vpc], PrivateRanges.ProblemOfVpc),
        new RangeRule("ack-vpc-size", Sources.AckAcs, [RangeKind.Vpc], VpcSize),
        new FieldRule("ack-vswitch-quota", Sources.AckQuotas, VSwitchQuota) { Severity = FindingSeverity.Warning },
    ];

    public static PlanRule[] Flannel { get; } = [new FieldRule("ack-node-mask", Sources.AckTerraform, NodeMask)];

    public static PlanRule[] Terway { get; } =
    [
        new FieldRule("terway-pod-vswitch-in-each-zone", Sources.AckPlanning, PodVSwitchInEachZone),
        new RangeRule("terway-pod-vswitch-size", Sources.AckPlanning, [RangeKind.PodVSwitch], PodVSwitchSize) { Severity = FindingSeverity.Warning },
        new FieldRule("terway-pods-per-node", Sources.AckTerway, PodsPerNode),
    ];

    private static string? VpcSize(PlanRange range) =>
        !range.Block.IsIPv6() && range.Block.PrefixLength is < 8 or > 28 ? "must have a prefix from /8 to /28." : null;

    private static IEnumerable<(string, string)> VSwitchQuota(ClusterPlan plan)
    {
        if (plan.VSwitches.Count + plan.PodVSwitches.Count is > MostVSwitches and var count)
            yield return ("vSwitches", $"{count} vSwitches are more than the {MostVSwitches} that a VPC may have unless the quota is raised.");
    }

    private static IEnumerable<(string, string)> NodeMask(ClusterPlan plan)
    {
        if (plan.PodCidr.IPv4 is not null && plan.NodeMask is < 24 or > 28)
            yield return ("nodeMask", $"/{plan.NodeMask} must be between /24 and /28.");
    }

    private static IEnumerable<(string, string)> PodVSwitchInEachZone(ClusterPlan plan)
    {
        foreach (var (vSwitch, i) in plan.VSwitches.Select((v, i) => (v, i)).DistinctBy(v => v.v.Zone).Where(v => plan.PodVSwitches.All(p => p.Zone != v.v.Zone)))
            yield return ("podVSwitches", $"there is none in zone {vSwitch.Zone}, where vSwitches[{i}] {vSwitch.Cidr} has nodes; a pod's vSwitch must be in its node's zone.");
        foreach (var (pods, i) in plan.PodVSwitches.Select((v, i) => (v, i)).Where(p => plan.VSwitches.All(v => v.Zone != p.v.Zone)))
            yield return ($"podVSwitches[{i}].zone", $"{pods.Cidr} is in zone {pods.Zone}, which has no nodes; put it where the nodes are.");
    }

    private static string? PodVSwitchSize(PlanRange range) =>
        !range.Block.IsIPv6() && range.Block.PrefixLength > TerwayLongestMask ? $"is small for pods: a /{TerwayLongestMask} or larger is recommended." : null;

    private static IEnumerable<(string, string)> PodsPerNode(ClusterPlan plan)
    {
        if (Pods(plan) is { } most and < TerwayFewestPods && plan.Mode == PlanMode.Terway)
            yield return ("instance", $"{most} pods are too few: a node joins only when its type allows more than {TerwayFewestPods - 1}.");
    }

    private static int? Pods(ClusterPlan plan) => ProviderLimits.Of(plan).PodsPerNode;
}
