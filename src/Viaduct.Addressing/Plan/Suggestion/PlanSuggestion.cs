using System.Net;
using Viaduct.Addressing.Rules;

namespace Viaduct.Addressing;

/// <summary>A valid plan near one that is not: what could stay has stayed, what had to move has moved as little as possible.</summary>
public static class PlanSuggestion
{
    private const int MostSmaller = 6;

    /// <summary>The plan, or null when none was found by moving and resizing ranges: then something else is wrong with it.</summary>
    public static ClusterPlan? Near(ClusterPlan plan)
    {
        var taken = Foreign(plan);
        var network = NetworkSuggestion.For(plan, taken);
        taken = [.. taken, .. network.Vpc, .. network.VSwitches.SelectMany(v => v.Cidr)];
        var sized = network with { NodeMask = NodeMask(network) };
        // A smaller range for pods may leave room for all that does not fit otherwise.
        return Enumerable.Range(0, MostSmaller + 1).Select(smaller => WithPodsAndServices(sized, smaller, taken)).FirstOrDefault(p => p.Validate().Count == 0);
    }

    private static ClusterPlan WithPodsAndServices(ClusterPlan plan, int smaller, List<IPNetwork> taken)
    {
        var pods = plan with { PodCidr = Pods(plan, smaller, taken) };
        pods = pods with { NodeMask = MaskForNodes(pods) };
        var services = pods with { ServiceCidr = Services(pods, [.. taken, .. pods.PodCidr]) };
        return services with { DnsServiceIp = Dns(services) };
    }

    /// <summary>What belongs to others, and what is nobody's.</summary>
    private static List<IPNetwork> Foreign(ClusterPlan plan) =>
    [
        .. ReservedRanges.All.Concat(ReservedRanges.Outside(plan)).Select(r => r.Block),
        .. PlanRange.Of(plan).Where(r => r.Kind is RangeKind.OtherVpc or RangeKind.OtherPods or RangeKind.OtherServices or RangeKind.Route).Select(r => r.Block),
    ];

    private static int NodeMask(ClusterPlan plan)
    {
        if (!plan.NodesOwnBlocks || plan.Provider == PlanProvider.Aks)
            return plan.NodesOwnBlocks ? 24 : plan.NodeMask;
        var (shortest, longest) = plan.Provider is PlanProvider.Ack or PlanProvider.Cce ? (24, 28) : (8, 30);
        var most = plan.PodsPerNode is > 0 and { } pods ? PlanCapacity.MaskFor(pods, 32, ProviderLimits.Of(plan)) : longest;
        return Math.Clamp(Math.Min(plan.NodeMask, most), shortest, longest);
    }

    /// <summary>A longer mask makes more blocks, each with room for fewer pods.</summary>
    private static int MaskForNodes(ClusterPlan plan)
    {
        if (!plan.NodesOwnBlocks || plan.PodCidr.IPv4 is not { } range || plan.Provider is PlanProvider.Aks or PlanProvider.Gke)
            return plan.NodeMask;
        var longest = Math.Min(28, PlanCapacity.MaskFor(plan.PodsPerNode ?? 1, 32, ProviderLimits.Of(plan)));
        var mask = plan.NodeMask;
        while (mask < longest && range.BlockCount(mask) < (UInt128)Math.Max(1, plan.Nodes))
            mask++;
        return mask;
    }

    private static IpRanges Pods(ClusterPlan plan, int smaller, List<IPNetwork> taken)
    {
        if (!plan.NodesOwnBlocks)
            return default;
        IpRanges wanted = plan.PodCidr.IsEmpty ? ClusterPlan.Default.PodCidr : [.. OneOfEachFamily(plan.PodCidr)];
        var free = plan.Provider == PlanProvider.Aks ? taken.Except(plan.OtherClusters.SelectMany(c => c.PodCidr)).ToList() : taken;
        return [.. wanted.Select(pods => Place(pods, Math.Min(PodPrefix(plan, pods) + smaller, pods.Bits() - 4), MostSmaller, free))];
    }

    /// <summary>As given, or so that there is a block for each node and one for an upgrade, and not more than 65536.</summary>
    private static int PodPrefix(ClusterPlan plan, IPNetwork pods)
    {
        var mask = plan.NodeMaskOf(pods);
        var longest = PlanCapacity.PrefixFor(plan.Nodes + (plan.Nodes < int.MaxValue ? 1 : 0), mask);
        var isEnough = pods.BlockCount(mask) >= (UInt128)Math.Max(1, plan.Nodes);
        var (from, to) = plan.Provider == PlanProvider.Vke && !pods.IsIPv6() ? (16, 24) : (mask - NodeCidrAllocator.MostBits, mask);
        return Math.Clamp(isEnough ? pods.PrefixLength : longest, from, to);
    }

    private static IpRanges Services(ClusterPlan plan, List<IPNetwork> taken)
    {
        IpRanges wanted = plan.ServiceCidr.IsEmpty ? ClusterPlan.Default.ServiceCidr : [.. OneOfEachFamily(plan.ServiceCidr)];
        // Other clusters' Services may be the same.
        var free = taken.Except(plan.OtherClusters.SelectMany(c => c.ServiceCidr)).ToList();
        return [.. wanted.Select(services => Place(services, ServicePrefix(plan, services), 8, free))];
    }

    private static int ServicePrefix(ClusterPlan plan, IPNetwork services)
    {
        var longest = services.Bits() - 3;
        while ((UInt128.One << (services.Bits() - longest)) - 2u < (UInt128)(plan.Services ?? 1))
            longest--;
        var (from, to) = (plan.Provider, services.IsIPv6()) switch
        {
            (_, true) => (108, 125),
            (PlanProvider.Eks, _) => (12, 24),
            (PlanProvider.Aks, _) => (13, 29),
            (PlanProvider.Vke, _) => (16, 24),
            _ => (12, 29),
        };
        return Math.Clamp(Math.Min(services.PrefixLength, longest), from, to);
    }

    /// <summary>The block itself if it is private, free and of the right size; else the nearest private one, a little smaller if need be; itself again if there is none.</summary>
    internal static IPNetwork Place(IPNetwork wanted, int prefix, int shrink, List<IPNetwork> taken)
    {
        IPNetwork[] within = wanted.IsIPv6() ? [PrivateRanges.UniqueLocal] : [.. PrivateRanges.IPv4];
        if (wanted.PrefixLength == prefix && !taken.Any(t => t.Overlaps(wanted)))
            return wanted;
        for (var length = prefix; length <= Math.Min(prefix + shrink, wanted.Bits()); length++)
        {
            if (FreeSpace.Nearest(wanted, length, within, taken) is { } free)
                return free;
        }
        return wanted;
    }

    private static IEnumerable<IPNetwork> OneOfEachFamily(IpRanges ranges) => ranges.DistinctBy(r => r.IsIPv6());

    private static IPAddress? Dns(ClusterPlan plan) => plan.DnsServiceIp is { } dns
        && plan.ServiceCidr.FirstOrDefault(s => s.Family() == dns.AddressFamily) is { PrefixLength: > 0 } services
        && !(services.OffsetOf(dns) > 1u)
            ? services.AddressAt(UInt128.Min(10u, services.Size() - 2u))
            : plan.DnsServiceIp;
}
