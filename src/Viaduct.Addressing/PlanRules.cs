using System.Net;

namespace Viaduct.Addressing;

/// <summary>The rules of a plan, one method per concern; each answers what breaks it.</summary>
internal static class PlanRules
{
    private static readonly IPNetwork[] s_private = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16")];

    /// <summary>Blocks that a kernel or a network never routes as ordinary unicast (RFC 6890).</summary>
    private static readonly (IPNetwork Block, string Use)[] s_special =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "\"this network\""),
        (IPNetwork.Parse("127.0.0.0/8"), "loopback"),
        (IPNetwork.Parse("169.254.0.0/16"), "link-local"),
        (IPNetwork.Parse("224.0.0.0/3"), "multicast and reserved"),
    ];

    public static IEnumerable<PlanFinding> Ranges(ClusterPlan plan)
    {
        if (!s_private.Any(p => p.Contains(plan.Vpc)))
            yield return new("vpc", $"{plan.Vpc} must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.");
        foreach (var (field, block) in ((string, IPNetwork)[])[("podCIDR", plan.PodCidr), ("serviceCIDR", plan.ServiceCidr)])
        {
            foreach (var (special, use) in s_special.Where(s => s.Block.Overlaps(block)))
                yield return new(field, $"{block} overlaps {special}, which is {use}; use a private range such as 172.20.0.0/16.");
        }
        if (plan.ServiceCidr.PrefixLength is < 12 or > 29)
            yield return new("serviceCIDR", $"{plan.ServiceCidr} must have a prefix from /12 to /29.");
        if (plan.NodeMask < plan.PodCidr.PrefixLength || plan.NodeMask > 30)
            yield return new("nodeMask", $"/{plan.NodeMask} must be between /{plan.PodCidr.PrefixLength} (podCIDR {plan.PodCidr}) and /30.");
        if (plan.Nodes < 1)
            yield return new("nodes", $"{plan.Nodes} is too few: a cluster has at least one node.");
    }

    public static IEnumerable<PlanFinding> VSwitches(ClusterPlan plan)
    {
        if (plan.VSwitches.Count == 0)
            yield return new("vSwitches", "there is none: the nodes need at least one.");
        for (var i = 0; i < plan.VSwitches.Count; i++)
        {
            var one = plan.VSwitches[i];
            if (!plan.Vpc.Contains(one.Cidr))
                yield return new($"vSwitches[{i}]", $"{one.Cidr} (zone {one.Zone}) is not inside of the VPC {plan.Vpc}.");
            foreach (var other in plan.VSwitches.Skip(i + 1).Where(o => o.Cidr.Overlaps(one.Cidr)))
                yield return new($"vSwitches[{i}]", $"{one.Cidr} (zone {one.Zone}) overlaps {other.Cidr} (zone {other.Zone}).");
        }
    }

    public static IEnumerable<PlanFinding> Overlaps(ClusterPlan plan)
    {
        if (plan.PodCidr.Overlaps(plan.Vpc))
            yield return new("podCIDR", $"{plan.PodCidr} overlaps the VPC {plan.Vpc}; pod addresses are virtual and need a range of their own.");
        if (plan.PodCidr.Overlaps(plan.ServiceCidr))
            yield return new("podCIDR", $"{plan.PodCidr} overlaps serviceCIDR {plan.ServiceCidr}.");
        if (plan.ServiceCidr.Overlaps(plan.Vpc))
            yield return new("serviceCIDR", $"{plan.ServiceCidr} overlaps the VPC {plan.Vpc}; Service addresses mean nothing outside the cluster.");
        foreach (var (field, block) in ((string, IPNetwork)[])[("vpc", plan.Vpc), ("podCIDR", plan.PodCidr), ("serviceCIDR", plan.ServiceCidr)])
        {
            if (block.Overlaps(plan.Outside))
                yield return new(field, $"{block} overlaps {plan.Outside}, the network of the host outside of the cluster.");
        }
    }

    public static IEnumerable<PlanFinding> Capacity(ClusterPlan plan)
    {
        var blocks = plan.PodCidr.BlockCount(plan.NodeMask);
        if (blocks > 0 && plan.Nodes > blocks)
        {
            yield return new(
                "podCIDR",
                $"{plan.PodCidr} has room for {blocks} {(blocks == 1 ? "node" : "nodes")} with a /{plan.NodeMask} each, but {plan.Nodes} are asked for; " +
                $"use a /{PrefixFor(plan.Nodes, plan.NodeMask)} or larger block, or a longer nodeMask.");
        }
        // Nodes go round the vSwitches. Network, broadcast and router address are taken everywhere, the control plane's in the first.
        for (var i = 0; i < plan.VSwitches.Count; i++)
        {
            var nodes = (plan.Nodes + plan.VSwitches.Count - 1 - i) / plan.VSwitches.Count;
            var room = Math.Max(0, plan.VSwitches[i].Cidr.Size() - (i == 0 ? 4 : 3));
            if (nodes > room)
                yield return new($"vSwitches[{i}]", $"{plan.VSwitches[i].Cidr} has room for {room} nodes, but gets {nodes} of the {plan.Nodes}.");
        }
    }

    private static int PrefixFor(int nodes, int nodeMask)
    {
        var prefix = nodeMask;
        while (prefix > 0 && 1L << (nodeMask - prefix) < nodes)
            prefix--;
        return prefix;
    }
}
