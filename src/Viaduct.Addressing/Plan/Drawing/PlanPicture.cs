using System.Globalization;
using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// Draws what a plan will be once it is built: the VPC with its zones, in each zone a vSwitch with nodes, and on a node where its addresses
/// come from; below the ranges that are not the VPC's.
/// </summary>
public static class PlanPicture
{
    /// <summary>How many zones are drawn beside each other; the others are counted.</summary>
    private const int MostZones = 3;

    public static IReadOnlyList<string> Draw(ClusterPlan plan)
    {
        if (plan.VSwitches.Count == 0 || plan.VSwitches.Any(v => v.Cidr.IsEmpty))
            return [];
        var zones = plan.VSwitches.Take(MostZones).Select((v, i) => Zone(plan, v, i)).ToList();
        var inside = TextBox.Beside(zones).ToList();
        if (plan.VSwitches.Count > MostZones)
            inside.Add($"and {plan.VSwitches.Count - MostZones} more vSwitches");
        return [.. TextBox.Around(plan.Vpc.IsEmpty ? "VPC" : $"VPC {plan.Vpc}", inside), .. Below(plan)];
    }

    private static IReadOnlyList<string> Zone(ClusterPlan plan, VSwitchPlan vSwitch, int index)
    {
        var nodes = (plan.Nodes + plan.VSwitches.Count - 1 - index) / plan.VSwitches.Count;
        var pods = plan.PodVSwitches.Where(p => p.Zone == vSwitch.Zone).SelectMany(p => p.Cidr).Select(p => $"pods from vSwitch {p}").ToList();
        return TextBox.Around($"zone {vSwitch.Zone}", [$"vSwitch {vSwitch.Cidr}", .. nodes > 0 ? TextBox.Around($"{nodes} {(nodes == 1 ? "node" : "nodes")}", Node(plan, vSwitch, index)) : ["no nodes"], .. pods]);
    }

    /// <summary>The first node of the zone: the nodes go round the vSwitches, and so do their blocks.</summary>
    private static List<string> Node(ClusterPlan plan, VSwitchPlan vSwitch, int index)
    {
        var lines = new List<string> { $"eth0 from {vSwitch.Cidr}" };
        foreach (var pods in plan.NodesOwnBlocks ? plan.PodCidr : [])
        {
            var mask = plan.NodeMaskOf(pods);
            if ((UInt128)index >= pods.BlockCount(mask))
                continue;
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"cni0 {pods.BlockAt(mask, (uint)index).AddressAt(1u)}/{mask}"));
        }
        lines.Add("veth ─ eth0 of a pod, for each pod");
        return lines;
    }

    private static IEnumerable<string> Below(ClusterPlan plan)
    {
        foreach (var pods in plan.NodesOwnBlocks ? plan.PodCidr : [])
            yield return Line("pods", pods, $"{Count.Of(pods.BlockCount(plan.NodeMaskOf(pods)))} blocks of /{plan.NodeMaskOf(pods)}, one for each node");
        foreach (var services in plan.ServiceCidr)
            yield return Line("Services", services, "on every node, and nowhere outside of the cluster");
    }

    private static string Line(string what, IPNetwork block, string text) => $"  {what,-9} {block,-18} {text}";
}

/// <summary>Numbers for people.</summary>
public static class Count
{
    /// <summary>With separators; a power of two that is too long to read as one.</summary>
    public static string Of(UInt128 number) => number <= uint.MaxValue
        ? ((ulong)number).ToString("N0", CultureInfo.InvariantCulture)
        : UInt128.IsPow2(number) ? $"2^{UInt128.Log2(number)}" : $"about 2^{UInt128.Log2(number - 1u) + 1u}";
}
