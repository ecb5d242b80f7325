using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>
/// What the kernel has, as far as it matters. The differ changes it along with its edits; when those could not be made whole, it is worthless and
/// read anew.
/// </summary>
internal sealed class InstalledIpvs
{
    public Dictionary<VirtualKey, InstalledService> Services { get; } = [];

    /// <summary>With how many frontends need each; 0 is found in the kernel, but not needed yet.</summary>
    public Dictionary<SetElement, (int Uses, uint Mark)> Elements { get; } = [];

    /// <summary>Addresses of kube-ipvs0, with how many frontends need each.</summary>
    public Dictionary<PackedAddress, int> Addresses { get; } = [];

    public Dictionary<Frontend, FrontendPlan> Plans { get; } = [];

    public FirewallMarks Marks { get; } = new();

    /// <summary>Virtual services of which endpoints leave that may still have connections.</summary>
    public HashSet<VirtualKey> WithLeaving { get; } = [];

    /// <summary>Whether nobody has looked yet at whether some of those have connections at all.</summary>
    public bool WithNewlyLeaving { get; set; }
}

/// <summary>A virtual service as the kernel has it.</summary>
internal sealed class InstalledService
{
    /// <summary>The frontend that needs it; null for one that was only found.</summary>
    public Frontend? Owner { get; set; }

    /// <summary>Whether somebody else made it; it is left alone unless a frontend needs it.</summary>
    public bool IsForeign { get; set; }

    /// <summary>Whether its scheduler and flags are what they should be.</summary>
    public bool IsAsConfigured { get; set; }

    public TransportProtocol Protocol { get; set; }

    public int AffinitySeconds { get; set; }

    /// <summary>Endpoints that get connections, sorted. Never changed in place.</summary>
    public IReadOnlyList<EndpointAddress> Endpoints { get; set; } = [];

    /// <summary>Endpoints with weight 0: they keep the connections that they have.</summary>
    public List<EndpointAddress>? Leaving { get; set; }
}
