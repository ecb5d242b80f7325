namespace Viaduct.Addressing;

/// <summary>What a cluster can have more or fewer of.</summary>
public enum CapacityResource
{
    Nodes,
    PodsPerNode,
    Services,
}

/// <summary>One thing that ends: how many nodes, pods on a node, or Services there can be because of it.</summary>
/// <param name="Rule">The rule that is broken by wanting more.</param>
/// <param name="Resource">What there can be only so many of.</param>
/// <param name="Field">The field to change for more.</param>
/// <param name="What">What ends, such as "blocks of /24 in podCidr 172.20.0.0/16".</param>
/// <param name="Limit">How many there can be.</param>
/// <param name="Wanted">How many the plan asks for; null when it does not say.</param>
/// <param name="Remedy">What to do for more, without an end.</param>
public sealed record CapacityLimit(string Rule, CapacityResource Resource, string Field, string What, UInt128 Limit, int? Wanted, string Remedy)
{
    public bool IsExceeded => Wanted is > 0 and { } wanted && (UInt128)wanted > Limit;

    /// <summary>The part that is used by what the plan asks for; null when it does not say.</summary>
    public double? Used => Wanted is { } wanted ? Limit == 0u ? double.PositiveInfinity : wanted / (double)Limit : null;
}
