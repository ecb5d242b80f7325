namespace Viaduct.Addressing.Rules;

/// <summary>The plan has room for what it asks for.</summary>
internal static class CapacityRules
{
    private static readonly PlanRule[] s_all =
    [
        Limit("node-addresses", Sources.AckPlanning),
        Limit("pods-per-node", Sources.AckTerway),
        Limit("service-addresses", Sources.KubeApiServer),
        new FieldRule("room-for-a-surge-node", Sources.AckPlanning, Surge) { Severity = FindingSeverity.Warning },
    ];

    private static readonly PlanRule[] s_blocks = [Limit("node-blocks", Sources.KubeControllerManager), Limit("pods-in-block", Sources.KubeControllerManager)];

    private static readonly PlanRule[] s_vpcPods = [Limit("pod-addresses", Sources.AckPlanning)];

    private static readonly PlanRule s_routes = Limit("ack-route-quota", Sources.AckQuotas) with { Severity = FindingSeverity.Warning };

    public static IEnumerable<PlanRule> For(ClusterPlan plan) =>
    [
        .. s_all, .. plan.NodesOwnBlocks ? s_blocks : s_vpcPods, .. plan.Provider == PlanProvider.Ack && plan.NodesOwnBlocks ? (PlanRule[])[s_routes] : [],
    ];

    private static FieldRule Limit(string name, string source) => new(name, source, plan =>
        PlanCapacity.Of(plan).Limits.Where(l => l.Rule == name && l.IsExceeded)
            .Select(l => (l.Field, $"there is room for {Count.Of(l.Limit)} {Noun(l.Resource, l.Limit)} ({l.What}), but {Count.Of((uint)l.Wanted!.Value)} are asked for; {l.Remedy}.")));

    /// <summary>An upgrade adds a node before it takes one away.</summary>
    private static IEnumerable<(string, string)> Surge(ClusterPlan plan) =>
        PlanCapacity.Of(plan).Limits.Where(l => l.Resource == CapacityResource.Nodes && l.Wanted is { } wanted && (UInt128)wanted == l.Limit).Take(1)
            .Select(l => (l.Field, $"{Count.Of(l.Limit)} {Noun(l.Resource, l.Limit)} are all that there is room for ({l.What}); an upgrade that adds a node before it removes one would not work."));

    private static string Noun(CapacityResource resource, UInt128 count) => (resource, count == 1u) switch
    {
        (CapacityResource.Nodes, true) => "node",
        (CapacityResource.Nodes, false) => "nodes",
        (CapacityResource.PodsPerNode, true) => "pod on a node",
        (CapacityResource.PodsPerNode, false) => "pods on a node",
        (_, true) => "Service",
        _ => "Services",
    };
}
