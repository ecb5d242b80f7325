using System.Net;

namespace Viaduct.Node.Network;

/// <summary>What a node does for the addresses of its own pods.</summary>
public sealed record OwnPodsOptions
{
    public required string NodeName { get; init; }

    /// <summary>Where the CNI configuration is written; null: nowhere, something else connects the pods.</summary>
    public string? CniDirectory { get; init; }

    /// <summary>The directory of the addresses that are taken.</summary>
    public required string LeaseDirectory { get; init; }

    public string BridgeName { get; init; } = "cni0";

    /// <summary>Networks that pods reach with their own addresses; null: no traffic of theirs gets the node's address, or something else sees to it.</summary>
    public IReadOnlyList<IPNetwork>? NonMasqueradeCidrs { get; init; }
}
