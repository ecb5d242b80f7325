using System.Net;

namespace Viaduct.Addressing.Rules;

/// <summary>Volcengine Kubernetes Engine, Flannel.</summary>
internal static class VkeRules
{
    private static readonly IPNetwork s_large = IPNetwork.Parse("10.0.0.0/8");

    public static PlanRule[] All { get; } =
    [
        new RangeRule("vke-range", Sources.Vke, [RangeKind.Pod, RangeKind.Service], Range),
    ];

    private static string? Range(PlanRange range)
    {
        if (range.Block.IsIPv6())
            return null;
        if (!PrivateRanges.Contain(range.Block))
            return "must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.";
        var shortest = s_large.Contains(range.Block) ? 12 : 16;
        return range.Block.PrefixLength < shortest || range.Block.PrefixLength > 24 ? $"must have a prefix from /{shortest} to /24." : null;
    }
}

/// <summary>Huawei Cloud Container Engine.</summary>
internal static class CceRules
{
    public static PlanRule[] All { get; } = [new FieldRule("cce-node-mask", Sources.Cce, NodeMask)];

    private static IEnumerable<(string, string)> NodeMask(ClusterPlan plan)
    {
        if (plan.PodCidr.IPv4 is not null && plan.NodeMask is < 24 or > 28)
            yield return ("nodeMask", $"/{plan.NodeMask} must be between /24 and /28 (fixPoolMask).");
    }
}
