using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>All that the kernel must have for one frontend.</summary>
internal sealed record FrontendPlan
{
    public static FrontendPlan Empty { get; } = new();

    public IReadOnlyList<PlannedService> Services { get; init; } = [];

    /// <summary>Entries of sets; other frontends may need the same ones.</summary>
    public IReadOnlyList<(SetElement Element, uint Mark)> Elements { get; init; } = [];

    /// <summary>The address that kube-ipvs0 must have; none for a node port and for an address that another link has.</summary>
    public PackedAddress Address { get; init; }
}

/// <summary>A virtual service with its endpoints, sorted.</summary>
/// <param name="Key">What it answers to.</param>
/// <param name="Protocol">Its connections' protocol, of a mark's, too.</param>
/// <param name="AffinitySeconds">For how long a client comes back to the same endpoint; 0 is no affinity.</param>
/// <param name="Endpoints">Where connections go.</param>
internal readonly record struct PlannedService(VirtualKey Key, TransportProtocol Protocol, int AffinitySeconds, ImmutableArray<ProxyEndpoint> Endpoints);
