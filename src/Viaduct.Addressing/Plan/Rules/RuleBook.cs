namespace Viaduct.Addressing.Rules;

/// <summary>Which rules hold for whom.</summary>
internal static class RuleBook
{
    public static IReadOnlyList<PlanRule> For(ClusterPlan plan) =>
    [
        .. FieldRules.All,
        .. ServiceRules.All,
        .. plan.NodesOwnBlocks ? PodRangeRules.All : VpcPodRules.All,
        .. OverlapRules.For(plan),
        .. CapacityRules.For(plan),
        .. plan.Provider switch
        {
            PlanProvider.Viaduct or PlanProvider.Generic => OwnNetworkRules.All,
            PlanProvider.Ack when plan.NodesOwnBlocks => [.. AckRules.All, .. AckRules.Flannel],
            PlanProvider.Ack => [.. AckRules.All, .. AckRules.Terway],
            PlanProvider.Gke => GkeRules.All,
            PlanProvider.Eks => EksRules.All,
            PlanProvider.Aks => AksRules.For(plan),
            PlanProvider.Vke => VkeRules.All,
            PlanProvider.Cce => CceRules.All,
            _ => Array.Empty<PlanRule>(),
        },
    ];
}
