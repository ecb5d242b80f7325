namespace Viaduct.Addressing.Rules;

/// <summary>Amazon Elastic Kubernetes Service.</summary>
internal static class EksRules
{
    public static PlanRule[] All { get; } =
    [
        new RangeRule("eks-service-range", Sources.Eks, [RangeKind.Service], ServiceRange),
        new FieldRule("eks-two-zones", Sources.EksSubnets, TwoZones),
    ];

    private static string? ServiceRange(PlanRange range)
    {
        if (range.Block.IsIPv6())
            return PrivateRanges.UniqueLocal.Contains(range.Block) ? null : "must lie in fc00::/7.";
        if (!PrivateRanges.Contain(range.Block))
            return "must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.";
        return range.Block.PrefixLength is < 12 or > 24 ? "must have a prefix from /12 to /24." : null;
    }

    private static IEnumerable<(string, string)> TwoZones(ClusterPlan plan)
    {
        if (plan.VSwitches.Count > 0 && plan.VSwitches.Select(v => v.Zone).Distinct().Count() < 2)
            yield return ("vSwitches", "all are in one zone; a cluster needs subnets in two availability zones.");
    }
}
