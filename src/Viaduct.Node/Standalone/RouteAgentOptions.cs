using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Node.Standalone;

/// <summary>What a <see cref="RouteAgent"/> has to know; everything else it learns from the API and the kernel.</summary>
public sealed record RouteAgentOptions
{
    /// <summary>How pods of other nodes are reached.</summary>
    public required PodNetworkOptions PodNetwork { get; init; }

    /// <summary>What is done for this node's own pods.</summary>
    public required OwnPodsOptions OwnPods { get; init; }
}
