using System.Net;

namespace Viaduct.Addressing;

/// <summary>How large a cluster of a plan can become, and what ends first.</summary>
public sealed record PlanCapacity(IReadOnlyList<CapacityLimit> Limits)
{
    /// <summary>How many nodes there can be.</summary>
    public UInt128? Nodes => Least(CapacityResource.Nodes)?.Limit;

    /// <summary>How many pods a node can have.</summary>
    public UInt128? PodsPerNode => Least(CapacityResource.PodsPerNode)?.Limit;

    /// <summary>How many Services there can be, the Service <c>kubernetes</c> included.</summary>
    public UInt128? Services => Least(CapacityResource.Services)?.Limit;

    /// <summary>What ends first when nodes and Services grow in the proportion of the plan; pods of a node do not grow.</summary>
    public CapacityLimit? FirstToEnd =>
        Limits.Where(l => l.Resource != CapacityResource.PodsPerNode && l.Used is > 0).OrderByDescending(l => l.Used).ThenBy(l => l.Limit).FirstOrDefault();

    public static PlanCapacity Of(ClusterPlan plan)
    {
        var limits = ProviderLimits.Of(plan);
        return new PlanCapacity(
        [
            .. plan.NodesOwnBlocks ? plan.PodCidr.SelectMany(p => OfBlocks(plan, p, limits)) : VpcPods.Of(plan, limits),
            .. NodeAddresses.Of(plan, limits),
            .. limits.PodsPerNode is { } pods
                ? [new("pods-per-node", CapacityResource.PodsPerNode, "podsPerNode", "pods that the type of the nodes allows", (uint)Math.Max(0, pods), plan.PodsPerNode, "use a larger type of node")]
                : Array.Empty<CapacityLimit>(),
            .. limits.Routes is { } routes
                ? [new("ack-route-quota", CapacityResource.Nodes, "nodes", "entries of the VPC's route table, one for each node", (uint)routes, plan.Nodes, "have the quota raised, or use Terway")]
                : Array.Empty<CapacityLimit>(),
            .. plan.ServiceCidr.Select(s => OfServices(plan, s)),
        ]);
    }

    /// <summary>The limit of a resource that ends first.</summary>
    public CapacityLimit? Least(CapacityResource resource) => Limits.Where(l => l.Resource == resource).MinBy(l => l.Limit);

    private static IEnumerable<CapacityLimit> OfBlocks(ClusterPlan plan, IPNetwork pods, ProviderLimits limits)
    {
        var mask = plan.NodeMaskOf(pods);
        if (mask < pods.PrefixLength || mask > pods.Bits() - 2)
            yield break; // told by the rule node-mask-fits
        yield return new("node-blocks", CapacityResource.Nodes, "podCidr", $"blocks of /{mask} in podCidr {pods}", pods.BlockCount(mask), plan.Nodes,
            $"use a /{PrefixFor(plan.Nodes, mask)} or larger range, or a longer nodeMask");
        var addresses = (UInt128.One << (pods.Bits() - mask)) - limits.ReservedOfBlock;
        var most = addresses / limits.AddressesPerPod;
        yield return new("pods-in-block", CapacityResource.PodsPerNode, "nodeMask", $"addresses for pods in a /{mask}", most, plan.PodsPerNode,
            $"use a nodeMask of {MaskFor(plan.PodsPerNode ?? 1, pods.Bits(), limits)} or less");
    }

    private static CapacityLimit OfServices(ClusterPlan plan, IPNetwork services)
    {
        var usable = services.HostBits() < 2 ? UInt128.Zero : services.Size() - (services.IsIPv6() ? 1u : 2u);
        return new("service-addresses", CapacityResource.Services, "serviceCidr", $"addresses of serviceCidr {services}", usable, plan.Services, "use a larger range");
    }

    /// <summary>The longest prefix whose range has so many blocks.</summary>
    internal static int PrefixFor(int blocks, int mask)
    {
        var prefix = mask;
        while (prefix > 0 && UInt128.One << (mask - prefix) < (UInt128)Math.Max(1, blocks))
            prefix--;
        return prefix;
    }

    /// <summary>The longest prefix whose block has room for so many pods.</summary>
    internal static int MaskFor(int pods, int bits, ProviderLimits limits)
    {
        var mask = bits - 2;
        while (mask > 0 && (UInt128.One << (bits - mask)) < ((UInt128)Math.Max(1, pods) * limits.AddressesPerPod) + limits.ReservedOfBlock)
            mask--;
        return mask;
    }
}
