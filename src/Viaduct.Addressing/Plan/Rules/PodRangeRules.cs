namespace Viaduct.Addressing.Rules;

/// <summary>Where each node owns a block of the Pod CIDR.</summary>
internal static class PodRangeRules
{
    public static PlanRule[] All { get; } =
    [
        new FieldRule("some-pod-range", Sources.KubeControllerManager, Some),
        new FieldRule("node-mask-fits", Sources.KubeControllerManager, MaskFits),
        new FieldRule("at-most-65536-blocks", Sources.KubeControllerManager, NotTooMany),
        new FieldRule("no-pod-vswitch", Sources.AckPlanning, NoPodVSwitch),
    ];

    private static IEnumerable<(string, string)> Some(ClusterPlan plan)
    {
        if (plan.PodCidr.IsEmpty)
            yield return ("podCidr", "there is none: pods need a range such as 172.20.0.0/16.");
    }

    private static IEnumerable<(string, string)> MaskFits(ClusterPlan plan)
    {
        foreach (var pods in plan.PodCidr)
        {
            var (mask, longest) = (plan.NodeMaskOf(pods), pods.Bits() - 2);
            if (mask < pods.PrefixLength || mask > longest)
                yield return ("nodeMask", $"/{mask} must be between /{pods.PrefixLength} (podCidr {pods}) and /{longest}.");
        }
    }

    private static IEnumerable<(string, string)> NotTooMany(ClusterPlan plan)
    {
        foreach (var pods in plan.PodCidr.Where(p => plan.NodeMaskOf(p) - p.PrefixLength > NodeCidrAllocator.MostBits))
            yield return ("nodeMask", $"/{plan.NodeMaskOf(pods)} cuts podCidr {pods} into more than 65536 blocks; use /{pods.PrefixLength + NodeCidrAllocator.MostBits} or less.");
    }

    private static IEnumerable<(string, string)> NoPodVSwitch(ClusterPlan plan)
    {
        if (plan.PodVSwitches.Count > 0)
            yield return ("podVSwitches", "pods have addresses of podCidr here; leave the pod vSwitches out, or choose a mode whose pods live in the VPC.");
    }
}

/// <summary>Where pods get addresses of the VPC.</summary>
internal static class VpcPodRules
{
    public static PlanRule[] All { get; } = [new FieldRule("no-pod-range", Sources.AckPlanning, NoPodRange)];

    private static IEnumerable<(string, string)> NoPodRange(ClusterPlan plan)
    {
        if (!plan.PodCidr.IsEmpty)
            yield return ("podCidr", $"{plan.PodCidr} is not used: pods get addresses of the VPC in this mode; leave podCidr out.");
    }
}
