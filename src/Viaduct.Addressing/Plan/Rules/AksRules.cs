namespace Viaduct.Addressing.Rules;

/// <summary>Azure Kubernetes Service.</summary>
internal static class AksRules
{
    private static readonly PlanRule[] s_all =
    [
        new RangeRule("aks-service-size", Sources.Aks, [RangeKind.Service], ServiceSize),
        new FieldRule("aks-pods-per-node", Sources.Aks, PodsPerNode),
    ];

    private static readonly PlanRule s_nodeMask = new FieldRule("aks-node-mask", Sources.Aks, NodeMask);

    public static PlanRule[] For(ClusterPlan plan) => plan.NodesOwnBlocks ? [.. s_all, s_nodeMask] : s_all;

    private static string? ServiceSize(PlanRange range) =>
        !range.Block.IsIPv6() && range.Block.PrefixLength <= 12 ? "must be smaller than a /12." : null;

    private static IEnumerable<(string, string)> PodsPerNode(ClusterPlan plan)
    {
        if (plan.PodsPerNode is < 10 or > 250)
            yield return ("podsPerNode", $"{plan.PodsPerNode} must be between 10 and 250.");
    }

    private static IEnumerable<(string, string)> NodeMask(ClusterPlan plan)
    {
        if (plan.PodCidr.IPv4 is not null && plan.NodeMask != 24)
            yield return ("nodeMask", $"/{plan.NodeMask} is not possible: each node of an overlay gets a /24.");
    }
}
