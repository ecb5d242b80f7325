namespace Viaduct.Addressing;

/// <summary>What a provider keeps for itself, and what it allows.</summary>
internal sealed record ProviderLimits
{
    /// <summary>Addresses of each vSwitch that no node can have.</summary>
    public uint ReservedOfVSwitch { get; private init; } = 2;

    /// <summary>Addresses of a node's block that no pod can have: network, gateway and broadcast address of a bridge.</summary>
    public uint ReservedOfBlock { get; private init; } = 3;

    /// <summary>How many pods a node of this type can have; null when only its block limits it.</summary>
    public int? PodsPerNode { get; private init; }

    /// <summary>How many routes to nodes the VPC takes, one for each; null for any number.</summary>
    public int? Routes { get; private init; }

    /// <summary>GKE gives a block twice as many addresses as pods.</summary>
    public uint AddressesPerPod { get; private init; } = 1;

    public static ProviderLimits Of(ClusterPlan plan) => plan.Provider switch
    {
        PlanProvider.Viaduct => new() { ReservedOfVSwitch = 3 },
        // First and last three addresses of a vSwitch; 200 entries in the VPC's route table.
        PlanProvider.Ack => new() { ReservedOfVSwitch = 4, PodsPerNode = OfTerway(plan), Routes = plan.NodesOwnBlocks ? 200 : null },
        PlanProvider.Gke => new() { ReservedOfVSwitch = 4, ReservedOfBlock = 0, AddressesPerPod = 2 },
        PlanProvider.Eks => new() { ReservedOfVSwitch = 5, PodsPerNode = OfVpcCni(plan) },
        PlanProvider.Aks => new() { ReservedOfVSwitch = 5, PodsPerNode = 250 },
        _ => new(),
    };

    private static int? OfTerway(ClusterPlan plan) => (plan.Mode, plan.Instance) switch
    {
        (PlanMode.Terway, { } type) => (type.Enis - 1) * type.AddressesPerEni,
        (PlanMode.TerwayExclusive, { } type) => type.Enis - 1,
        _ => null,
    };

    /// <summary>The first address of each card is the card's own; two pods use the host's network.</summary>
    private static int? OfVpcCni(ClusterPlan plan) =>
        plan.Instance is not { } type ? null : (type.Enis * (type.AddressesPerEni - 1) * (plan.Mode == PlanMode.VpcCniPrefix ? 16 : 1)) + 2;
}
