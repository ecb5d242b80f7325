namespace Viaduct.Addressing.Rules;

/// <summary>Google Kubernetes Engine, VPC-native.</summary>
internal static class GkeRules
{
    public static PlanRule[] All { get; } = [new FieldRule("gke-node-block", Sources.Gke, NodeBlock)];

    /// <summary>The block that GKE gives a node: twice as many addresses as pods, so that a new pod need not take the address of one just gone.</summary>
    public static int NodeMask(int podsPerNode)
    {
        var mask = 28;
        while (1 << (32 - mask) < 2 * podsPerNode)
            mask--;
        return mask;
    }

    private static IEnumerable<(string, string)> NodeBlock(ClusterPlan plan)
    {
        if (plan.PodCidr.IPv4 is null || plan.PodsPerNode is not { } pods || pods < 1)
            yield break;
        if (plan.NodeMask > NodeMask(pods))
            yield return ("nodeMask", $"/{plan.NodeMask} has {1L << (32 - plan.NodeMask)} addresses, but {pods} pods need twice their number: /{NodeMask(pods)}.");
    }
}
