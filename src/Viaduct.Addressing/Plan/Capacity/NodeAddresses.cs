using System.Net;

namespace Viaduct.Addressing;

/// <summary>How many nodes the vSwitches have addresses for.</summary>
internal static class NodeAddresses
{
    public static IEnumerable<CapacityLimit> Of(ClusterPlan plan, ProviderLimits limits)
    {
        if (plan.VSwitches.Count == 0 || plan.VSwitches.Any(v => v.Cidr.IsEmpty))
            return [];
        return plan.Provider == PlanProvider.Viaduct ? InTurn(plan, limits) : [Together(plan, limits)];
    }

    /// <summary>Addresses of a vSwitch that nodes, or pods, can have.</summary>
    public static UInt128 Room(IPNetwork vSwitch, uint reserved) => vSwitch.Size() > reserved ? vSwitch.Size() - reserved : 0u;

    private static CapacityLimit Together(ClusterPlan plan, ProviderLimits limits)
    {
        var room = Sum(plan.VSwitches.Select(v => Room(v.Cidr.Primary, limits.ReservedOfVSwitch)));
        return new("node-addresses", CapacityResource.Nodes, "vSwitches", $"addresses of {What(plan)}, without the {limits.ReservedOfVSwitch} reserved in each", room, plan.Nodes, "use larger vSwitches or more of them");
    }

    /// <summary>Nodes of <c>viaduct up</c> go round the vSwitches; the control plane has an address of the first.</summary>
    private static IEnumerable<CapacityLimit> InTurn(ClusterPlan plan, ProviderLimits limits)
    {
        var count = (uint)plan.VSwitches.Count;
        for (var i = 0u; i < count; i++)
        {
            var vSwitch = plan.VSwitches[(int)i].Cidr.Primary;
            var room = Room(vSwitch, limits.ReservedOfVSwitch + (i == 0 ? 1u : 0u));
            yield return new("node-addresses", CapacityResource.Nodes, $"vSwitches[{i}].cidr", $"addresses of vSwitch {vSwitch}, which gets every {Ordinal(count)} node", (room * count) + i, plan.Nodes, "use a larger vSwitch");
        }
    }

    private static string What(ClusterPlan plan) => plan.VSwitches.Count == 1 ? $"vSwitch {plan.VSwitches[0].Cidr.Primary}" : $"{plan.VSwitches.Count} vSwitches";

    private static string Ordinal(uint count) => count switch { 1 => "single", 2 => "second", 3 => "third", _ => $"{count}th" };

    internal static UInt128 Sum(IEnumerable<UInt128> numbers) => numbers.Aggregate(UInt128.Zero, (a, b) => a + b < a ? UInt128.MaxValue : a + b);
}
