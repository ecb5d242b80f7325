using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What a frontend should have in the table.</summary>
internal readonly record struct FrontendSpec
{
    // Slots of policy Local begin there.
    private const int MaxEndpoints = TableKeys.FirstLocalSlot;

    public ServicePortName Owner { get; private init; }

    /// <summary>For everybody; with externalTrafficPolicy Local for pods and processes of this node only.</summary>
    public FrontendVerdict Verdict { get; private init; }

    /// <summary>For clients from elsewhere, with externalTrafficPolicy Local.</summary>
    public FrontendVerdict OffNodeVerdict { get; private init; }

    public ImmutableArray<ProxyEndpoint> Endpoints { get; private init; }

    public ImmutableArray<ProxyEndpoint> LocalEndpoints { get; private init; }

    public Membership Membership { get; private init; }

    public bool HasAffinity { get; private init; }

    /// <summary>Its endpoints differ from those of the port's other frontends, so clients are remembered apart.</summary>
    public bool HasOwnAffinity { get; private init; }

    public ImmutableArray<AddressRange> SourceRanges { get; private init; }

    /// <summary>For a frontend that nobody has.</summary>
    public static FrontendSpec Nothing { get; } = new() { Endpoints = [], LocalEndpoints = [], SourceRanges = [] };

    public static FrontendSpec Of(Frontend frontend, ServicePortState port, FrontendRole role, IPFamily family)
    {
        var isClusterIP = role == FrontendRole.ClusterIP;
        var endpoints = Limit(isClusterIP && port.InternalLocal ? port.LocalEndpoints : port.Endpoints);
        var forElsewhere = !isClusterIP && port.ExternalLocal;
        var local = forElsewhere ? Limit(port.LocalEndpoints) : [];
        var fanOut = new FanOut(frontend.IsNodePort, false, endpoints.Length, port.AffinitySeconds);
        var isFirewalled = role == FrontendRole.LoadBalancerIP && !port.SourceRanges.IsEmpty;
        return new FrontendSpec
        {
            Owner = port.Name,
            Verdict = VerdictOf(fanOut, port),
            OffNodeVerdict = forElsewhere ? VerdictOf(fanOut with { IsLocal = true, Count = local.Length }, port) : FrontendVerdict.None,
            Endpoints = endpoints,
            LocalEndpoints = local,
            Membership = MembershipOf(role, port.ExternalLocal) | (isFirewalled ? Membership.Firewalled : 0),
            HasAffinity = port.AffinitySeconds > 0,
            HasOwnAffinity = isClusterIP && port.InternalLocal,
            SourceRanges = isFirewalled ? AddressRange.Of(port.SourceRanges, family) : [],
        };
    }

    // Without an endpoint anywhere there is no verdict, and connections are refused; endpoints that this frontend may not use drop them.
    private static FrontendVerdict VerdictOf(FanOut fanOut, ServicePortState port) =>
        fanOut.Count > 0 ? FrontendVerdict.To(fanOut)
        : port.HasEndpointsAnywhere ? FrontendVerdict.Drop
        : FrontendVerdict.None;

    private static Membership MembershipOf(FrontendRole role, bool externalLocal) => role switch
    {
        FrontendRole.ClusterIP => Membership.ClusterIP,
        FrontendRole.NodePort => externalLocal ? Membership.NodePortLocal : Membership.NodePort,
        _ => externalLocal ? Membership.ExternalLocal : Membership.External,
    };

    private static ImmutableArray<ProxyEndpoint> Limit(ImmutableArray<ProxyEndpoint> endpoints) => endpoints.Length <= MaxEndpoints ? endpoints : endpoints[..MaxEndpoints];
}

/// <summary>The plain sets that a frontend is in.</summary>
[Flags]
internal enum Membership : byte
{
    None = 0,

    /// <summary>Its address, which it may share with others.</summary>
    ClusterIP = 1,
    External = 2,
    ExternalLocal = 4,
    NodePort = 8,
    NodePortLocal = 16,
    Firewalled = 32,
}
