using System.Collections.Immutable;
using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>One port of one Service in one IP family, with everything a backend needs to serve it. Immutable, compared by content.</summary>
public sealed record ServicePortState
{
    public required ServicePortName Name { get; init; }

    public required PackedAddress ClusterIP { get; init; }

    public required TransportProtocol Protocol { get; init; }

    public required ushort Port { get; init; }

    /// <summary>The port on every node; 0 is none.</summary>
    public ushort NodePort { get; init; }

    /// <summary><c>spec.externalIPs</c> of this family.</summary>
    public ImmutableArray<PackedAddress> ExternalIPs { get; init; } = [];

    /// <summary>Addresses of the load balancer that arrive here as destination (ipMode absent or VIP).</summary>
    public ImmutableArray<PackedAddress> LoadBalancerIPs { get; init; } = [];

    /// <summary>
    /// Who may use <see cref="LoadBalancerIPs"/>, as <c>spec.loadBalancerSourceRanges</c> of this family; empty is everybody. When one
    /// of them holds this node's address, <see cref="LoadBalancerIPs"/> are in here as well.
    /// </summary>
    public ImmutableArray<IPNetwork> SourceRanges { get; init; } = [];

    /// <summary><c>internalTrafficPolicy: Local</c>: the cluster IP leads to <see cref="LocalEndpoints"/> only.</summary>
    public bool InternalLocal { get; init; }

    /// <summary><c>externalTrafficPolicy: Local</c>: clients from off the node are led to <see cref="LocalEndpoints"/> only, with their own address.</summary>
    public bool ExternalLocal { get; init; }

    /// <summary>For how long after its last connection a client comes to the same endpoint; 0 is no affinity.</summary>
    public int AffinitySeconds { get; init; }

    /// <summary>The endpoints for policy Cluster, sorted, without doubles.</summary>
    public ImmutableArray<ProxyEndpoint> Endpoints { get; init; } = [];

    /// <summary>The endpoints for policy Local, sorted, without doubles. Filled only if a policy of the port needs them.</summary>
    public ImmutableArray<ProxyEndpoint> LocalEndpoints { get; init; } = [];

    /// <summary>
    /// The endpoints that existing UDP flows may go on with, sorted: all that are ready or serve, whatever policies and topology choose for new ones.
    /// Empty for other protocols.
    /// </summary>
    public ImmutableArray<ProxyEndpoint> ServingEndpoints { get; init; } = [];

    /// <summary>Whether there is a usable endpoint anywhere in the cluster: without any, connections are refused; else an empty set drops.</summary>
    public bool HasEndpointsAnywhere { get; init; }

    /// <summary>Whether anything but the cluster IP leads to this port.</summary>
    public bool IsExternal => NodePort != 0 || !ExternalIPs.IsEmpty || !LoadBalancerIPs.IsEmpty;

    /// <summary>Everything that clients can connect to for this port, without doubles, and what it is.</summary>
    public IEnumerable<(Frontend Frontend, FrontendRole Role)> Frontends
    {
        get
        {
            yield return (Frontend.On(ClusterIP, Protocol, Port), FrontendRole.ClusterIP);
            foreach (var address in ExternalIPs)
                yield return (Frontend.On(address, Protocol, Port), FrontendRole.ExternalIP);
            foreach (var address in LoadBalancerIPs)
            {
                // An address that is both is filtered by the source ranges, as kube-proxy does.
                yield return (Frontend.On(address, Protocol, Port), FrontendRole.LoadBalancerIP);
            }

            if (NodePort != 0)
                yield return (Frontend.NodePort(Protocol, NodePort), FrontendRole.NodePort);
        }
    }

    /// <summary>Whether <paramref name="target"/> is one of <see cref="ServingEndpoints"/>.</summary>
    internal bool Serves(EndpointAddress target)
    {
        var (low, high) = (0, ServingEndpoints.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = ServingEndpoints[middle].Target.CompareTo(target);
            if (order == 0)
                return true;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    /// <summary>Whether clients connect to the same frontends of both.</summary>
    internal bool HasTheFrontendsOf(ServicePortState other) =>
        Name == other.Name && ClusterIP == other.ClusterIP && Protocol == other.Protocol && Port == other.Port && NodePort == other.NodePort
        && ExternalIPs.AsSpan().SequenceEqual(other.ExternalIPs.AsSpan()) && LoadBalancerIPs.AsSpan().SequenceEqual(other.LoadBalancerIPs.AsSpan());

    // The generated equality would compare the arrays by reference, and then nothing would ever be unchanged.
    public bool Equals(ServicePortState? other) =>
        other is not null && Name == other.Name && ClusterIP == other.ClusterIP && Protocol == other.Protocol && Port == other.Port
        && NodePort == other.NodePort && InternalLocal == other.InternalLocal && ExternalLocal == other.ExternalLocal
        && AffinitySeconds == other.AffinitySeconds && HasEndpointsAnywhere == other.HasEndpointsAnywhere
        && ExternalIPs.AsSpan().SequenceEqual(other.ExternalIPs.AsSpan()) && LoadBalancerIPs.AsSpan().SequenceEqual(other.LoadBalancerIPs.AsSpan())
        && SourceRanges.AsSpan().SequenceEqual(other.SourceRanges.AsSpan())
        && Endpoints.AsSpan().SequenceEqual(other.Endpoints.AsSpan()) && LocalEndpoints.AsSpan().SequenceEqual(other.LocalEndpoints.AsSpan())
        && ServingEndpoints.AsSpan().SequenceEqual(other.ServingEndpoints.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, ClusterIP, Protocol, Port, NodePort, Endpoints.Length);
}

/// <summary>What a frontend is to its Service.</summary>
public enum FrontendRole : byte
{
    ClusterIP,
    ExternalIP,
    LoadBalancerIP,
    NodePort,
}
