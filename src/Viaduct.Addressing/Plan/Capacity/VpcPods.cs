namespace Viaduct.Addressing;

/// <summary>How many nodes there can be where pods have addresses of the VPC.</summary>
internal static class VpcPods
{
    public static IEnumerable<CapacityLimit> Of(ClusterPlan plan, ProviderLimits limits)
    {
        if (plan.PodsPerNode is not (> 0 and { } pods) || plan.VSwitches.Count == 0 || plan.VSwitches.Concat(plan.PodVSwitches).Any(v => v.Cidr.IsEmpty))
            return [];
        return plan.PodVSwitches.Count > 0 ? [InEachZone(plan, pods, limits)] : [WithNodes(plan, pods, limits)];
    }

    /// <summary>Pods have vSwitches of their own, in the zones of their nodes; nodes are spread evenly.</summary>
    private static CapacityLimit InEachZone(ClusterPlan plan, int pods, ProviderLimits limits)
    {
        var zones = plan.VSwitches.Select(v => v.Zone).Distinct().ToList();
        var scarcest = zones.Select(z => (Zone: z, Room: Room(plan.PodVSwitches.Where(p => p.Zone == z), limits))).MinBy(z => z.Room);
        return new("pod-addresses", CapacityResource.Nodes, "podVSwitches",
            $"addresses for {pods} pods on each node in the pod vSwitches of zone {scarcest.Zone} ({scarcest.Room}; nodes spread over {zones.Count} {(zones.Count == 1 ? "zone" : "zones")})",
            scarcest.Room / (uint)pods * (uint)zones.Count, plan.Nodes, "use larger pod vSwitches or more of them");
    }

    /// <summary>Nodes and pods share subnets: a node takes one address more than it has pods. AKS asks for one node more, for upgrades.</summary>
    private static CapacityLimit WithNodes(ClusterPlan plan, int pods, ProviderLimits limits)
    {
        var room = Room(plan.VSwitches, limits);
        var perNode = plan.Mode == PlanMode.VpcCniPrefix ? ((uint)(pods + 15) / 16 * 16) + 1 : (uint)pods + 1;
        var nodes = room / perNode;
        if (plan.Provider == PlanProvider.Aks && nodes > 0u)
            nodes -= 1u;
        return new("pod-addresses", CapacityResource.Nodes, "vSwitches", $"addresses of the subnets for nodes with {pods} pods each ({room}, {perNode} for a node)", nodes, plan.Nodes, "use larger subnets or more of them");
    }

    private static UInt128 Room(IEnumerable<VSwitchPlan> vSwitches, ProviderLimits limits) =>
        NodeAddresses.Sum(vSwitches.Select(v => NodeAddresses.Room(v.Cidr.Primary, limits.ReservedOfVSwitch)));
}
