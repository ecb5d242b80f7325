namespace Viaduct.Addressing.Rules;

/// <summary>What every plan has.</summary>
internal static class FieldRules
{
    public static PlanRule[] All { get; } =
    [
        new FieldRule("some-node", Sources.ClusterNetworking, SomeNode),
        new FieldRule("some-vpc", Sources.AckPlanning, SomeVpc),
        new FieldRule("some-vswitch", Sources.AckPlanning, SomeVSwitch),
        new FieldRule("numbers", Sources.ClusterNetworking, Numbers),
        new FieldRule("families", Sources.DualStack, Families),
        new FieldRule("one-range-of-each-family", Sources.DualStack, OneRangeOfEachFamily),
    ];

    private static IEnumerable<(string, string)> SomeNode(ClusterPlan plan)
    {
        if (plan.Nodes < 1)
            yield return ("nodes", $"{plan.Nodes} is too few: a cluster has at least one node.");
    }

    private static IEnumerable<(string, string)> SomeVpc(ClusterPlan plan)
    {
        // GKE's networks have no range of their own, only their subnets have.
        if (plan.Vpc.IsEmpty && plan.Provider != PlanProvider.Gke)
            yield return ("vpc", "there is none: the vSwitches need a range to lie in, such as 192.168.0.0/16.");
    }

    private static IEnumerable<(string, string)> SomeVSwitch(ClusterPlan plan)
    {
        if (plan.VSwitches.Count == 0)
            yield return ("vSwitches", "there is none: the nodes need at least one.");
    }

    private static IEnumerable<(string, string)> Numbers(ClusterPlan plan)
    {
        if (plan.PodsPerNode < 1)
            yield return ("podsPerNode", $"{plan.PodsPerNode} is too few: a node runs at least one pod.");
        if (plan.Services < 1)
            yield return ("services", $"{plan.Services} is too few: every cluster has the Service kubernetes.");
    }

    /// <summary>A family that pods or Services have is one that the nodes must have, too.</summary>
    private static IEnumerable<(string, string)> Families(ClusterPlan plan)
    {
        var pods = plan.NodesOwnBlocks ? plan.PodCidr : [.. plan.VSwitches.Concat(plan.PodVSwitches).SelectMany(v => v.Cidr)];
        foreach (var services in plan.ServiceCidr.Where(s => !pods.IsEmpty && pods.SameFamilyAs(s) is null))
            yield return ("serviceCidr", $"{services} is {Family(services)}, but pods have no such addresses; a Service needs pods of its family.");
        foreach (var podCidr in plan.NodesOwnBlocks ? plan.PodCidr : [])
        {
            foreach (var (vSwitch, i) in plan.VSwitches.Select((v, i) => (v, i)).Where(v => v.v.Cidr.SameFamilyAs(podCidr) is null))
                yield return ($"vSwitches[{i}].cidr", $"{vSwitch.Cidr} has no {Family(podCidr)} range, but podCidr {podCidr} is {Family(podCidr)}; nodes need addresses of each family of the pods.");
        }
    }

    private static IEnumerable<(string, string)> OneRangeOfEachFamily(ClusterPlan plan)
    {
        foreach (var (field, ranges) in ((string, IpRanges)[])[("podCidr", plan.PodCidr), ("serviceCidr", plan.ServiceCidr)])
        {
            if (ranges.Count(r => !r.IsIPv6()) > 1 || ranges.Count(r => r.IsIPv6()) > 1)
                yield return (field, $"{ranges} has two ranges of one family; one of each family is the most.");
        }
    }

    private static string Family(System.Net.IPNetwork block) => block.IsIPv6() ? "IPv6" : "IPv4";
}
