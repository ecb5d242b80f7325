using System.Net;
using Viaduct.Addressing.Rules;

namespace Viaduct.Addressing;

/// <summary>The VPC and its vSwitches: each where it was, if it can be there.</summary>
internal static class NetworkSuggestion
{
    private const int LongestVSwitch = 29;

    public static ClusterPlan For(ClusterPlan plan, List<IPNetwork> foreign)
    {
        if (plan.Provider == PlanProvider.Gke)
            return plan with { VSwitches = Place(plan.VSwitches, [.. PrivateRanges.IPv4, PrivateRanges.UniqueLocal], foreign) };
        var others = foreign.Where(f => !plan.OtherClusters.Any(c => c.ServiceCidr.Contains(f))).Except([IPNetwork.Parse("172.17.0.0/16")]).Except(plan.Routes).ToList();
        var vpc = plan.Vpc.IsEmpty ? ClusterPlan.Default.Vpc : [.. plan.Vpc.Select(block => Vpc(plan, block, others))];
        var vSwitches = Place(Moved(plan.VSwitches, plan.Vpc, vpc), vpc, []);
        var pods = plan.NodesOwnBlocks ? [] : Place(Moved(plan.PodVSwitches, plan.Vpc, vpc), vpc, [.. vSwitches.SelectMany(v => v.Cidr)]);
        return plan with { Vpc = vpc, VSwitches = vSwitches, PodVSwitches = pods };
    }

    private static IPNetwork Vpc(ClusterPlan plan, IPNetwork block, List<IPNetwork> others)
    {
        var mustBePrivate = plan.Provider is PlanProvider.Ack or PlanProvider.Viaduct or PlanProvider.Generic;
        var isRight = block.IsIPv6() || PrivateRanges.Contain(block) || !mustBePrivate;
        var prefix = block.IsIPv6() ? block.PrefixLength : Math.Clamp(block.PrefixLength, isRight ? 8 : 16, 28);
        return isRight ? PlanSuggestion.Place(block, prefix, 8, others) : FreeSpace.Nearest(block, prefix, PrivateRanges.IPv4, others) ?? block;
    }

    /// <summary>vSwitches move along with their VPC: they keep their place in it.</summary>
    private static List<VSwitchPlan> Moved(IReadOnlyList<VSwitchPlan> vSwitches, IpRanges before, IpRanges after) =>
        [.. vSwitches.Select(v => v with { Cidr = [.. v.Cidr.Select(block => Moved(block, before, after))] })];

    private static IPNetwork Moved(IPNetwork block, IpRanges before, IpRanges after)
    {
        for (var i = 0; i < before.Count; i++)
        {
            if (before[i] != after[i] && before[i].Contains(block) && after[i].Size() > block.First() - before[i].First())
                return Cidr.Around(after[i].AddressAt(block.First() - before[i].First()), Math.Max(block.PrefixLength, after[i].PrefixLength));
        }
        return block;
    }

    private static List<VSwitchPlan> Place(IReadOnlyList<VSwitchPlan> vSwitches, IpRanges within, List<IPNetwork> foreign)
    {
        var taken = new List<IPNetwork>(foreign);
        // Those that can stay, stay; the others find room between them.
        var staying = vSwitches.SelectMany(v => v.Cidr).Where(block => Stays(block, within, taken)).ToHashSet();
        var placed = new HashSet<IPNetwork>();
        return [.. vSwitches.Select(v => v with
        {
            Cidr = [.. v.Cidr.Select(block =>
            {
                var place = staying.Contains(block) && placed.Add(block) ? block : Another(block, within, taken);
                taken.Add(place);
                return place;
            })],
        })];
    }

    /// <summary>Notes a block that is in its VPC and overlaps none before it.</summary>
    private static bool Stays(IPNetwork block, IpRanges within, List<IPNetwork> taken)
    {
        if (!within.Any(w => w.Contains(block)) || taken.Any(t => t.Overlaps(block)))
            return false;
        taken.Add(block);
        return true;
    }

    private static IPNetwork Another(IPNetwork block, IpRanges within, List<IPNetwork> taken)
    {
        for (var prefix = block.PrefixLength; prefix <= (block.IsIPv6() ? 64 : LongestVSwitch); prefix++)
        {
            if (FreeSpace.Nearest(block, prefix, within, taken) is { } free)
                return free;
        }
        return block;
    }
}
