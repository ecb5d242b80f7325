using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Node;

/// <summary>What a node agent has to know; everything else it learns from the API.</summary>
public sealed record NodeOptions
{
    public required string NodeName { get; init; }

    /// <summary>Addresses of the node's <c>eth0</c>, one per IP family, the preferred family first.</summary>
    public required IReadOnlyList<IPAddress> NodeAddresses { get; init; }

    /// <summary>The first of them.</summary>
    public IPAddress NodeAddress => NodeAddresses[0];

    /// <summary>How pods of other nodes are reached.</summary>
    public required PodNetworkOptions PodNetwork { get; init; }

    /// <summary>Label <c>topology.kubernetes.io/zone</c>; none when null.</summary>
    public string? Zone { get; init; }

    /// <summary>Networks that pods reach with their own addresses: at least the pods of the cluster, normally the nodes, too.</summary>
    public required IReadOnlyList<IPNetwork> NonMasqueradeCidrs { get; init; }

    /// <summary>Volatile files: <c>netns/</c> and <c>NODE.sock</c>.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>Files of this node that outlive the agent: leases, sandboxes, logs, the CNI configuration.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The executable <c>viaduct-cni</c>.</summary>
    public required string CniPluginPath { get; init; }

    /// <summary>
    /// Starts this program again, with <c>container-init</c> appended: the path of the executable, then leading arguments if any
    /// (a test runs <c>dotnet x.dll</c>).
    /// </summary>
    public required IReadOnlyList<string> SelfCommand { get; init; }

    public string BridgeName { get; init; } = "cni0";

    public string Version { get; init; } = "0.1.0";

    /// <summary>The node's network namespace; null when the process itself runs in it, as it does in a cluster.</summary>
    public NetNamespace? Namespace { get; init; }

    internal OwnPodsOptions OwnPods => new()
    {
        NodeName = NodeName,
        CniDirectory = Path.Combine(StateDirectory, "cni"),
        LeaseDirectory = Path.Combine(StateDirectory, "ipam"),
        BridgeName = BridgeName,
        NonMasqueradeCidrs = NonMasqueradeCidrs,
    };

    public string NetNamespaceDirectory => Path.Combine(RunDirectory, "netns");

    public string SocketPath => Path.Combine(RunDirectory, NodeName + ".sock");

    public string PodLogDirectory => Path.Combine(StateDirectory, "pods");

    public string SandboxDirectory => Path.Combine(StateDirectory, "sandboxes");
}
