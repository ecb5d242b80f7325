using Viaduct.Addressing.Rules;

namespace Viaduct.Addressing;

/// <summary>What providers choose when a plan does not say.</summary>
public static class PlanDefaults
{
    private const int GkePodsPerNode = 110;

    /// <summary>GKE cuts the pods' range by how many pods a node may have.</summary>
    public static int GkeNodeMask(int? podsPerNode) => GkeRules.NodeMask(podsPerNode is > 0 and < 65536 and { } pods ? pods : GkePodsPerNode);
}
