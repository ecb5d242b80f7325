using System.Collections.Immutable;
using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>What this node must serve in one IP family: every Service port with its usable endpoints. Immutable; swapped whole.</summary>
public sealed record ProxyState
{
    public static ProxyState Empty { get; } = new();

    public ImmutableDictionary<ServicePortName, ServicePortState> Ports { get; init; } =
        ImmutableDictionary<ServicePortName, ServicePortState>.Empty;

    /// <summary>Who claims each frontend, in order of name. More than one means that objects contradict each other.</summary>
    public ImmutableDictionary<Frontend, ImmutableArray<FrontendClaim>> Claims { get; init; } =
        ImmutableDictionary<Frontend, ImmutableArray<FrontendClaim>>.Empty;

    /// <summary>Ports on which load balancers ask this node whether it has endpoints of a Service (externalTrafficPolicy Local).</summary>
    public ImmutableDictionary<ServiceName, HealthCheckState> HealthChecks { get; init; } = ImmutableDictionary<ServiceName, HealthCheckState>.Empty;

    /// <summary>How many Services are not served as their objects say.</summary>
    public ProblemCounts Problems { get; init; }

    /// <summary>Ranges that cluster IPs come from, of this family; packets to one that no Service has are dropped.</summary>
    public ImmutableArray<IPNetwork> ServiceCidrs { get; init; } = [];

    /// <summary>
    /// Who answers on <paramref name="frontend"/>, or null. When several claim it, the first by name has it,
    /// so that every node decides alike and in whatever order the objects came.
    /// </summary>
    public (ServicePortState Port, FrontendRole Role)? Serving(Frontend frontend) =>
        Claims.TryGetValue(frontend, out var claimants) ? (Ports[claimants[0].Port], claimants[0].Role) : null;

    /// <summary>
    /// The same while some ports are refused by the kernel: the first whose port is not refused, for a bad Service must not keep a good one from a
    /// frontend that both claim. If all are refused, the first.
    /// </summary>
    internal (ServicePortState Port, FrontendRole Role)? Serving(Frontend frontend, Func<ServicePortState, bool>? isRefused)
    {
        if (isRefused is null || !Claims.TryGetValue(frontend, out var claimants))
            return Serving(frontend);
        foreach (var claim in claimants)
        {
            if (Ports[claim.Port] is var port && !isRefused(port))
                return (port, claim.Role);
        }

        return Serving(frontend);
    }

    /// <summary>The state as the kernel serves it while it refuses some ports: where another port claims a frontend of theirs, it is the other's.</summary>
    internal ProxyState Without(IReadOnlyCollection<ServicePortName> refused)
    {
        if (refused.Count == 0)
            return this;
        var claims = Claims.ToBuilder();
        foreach (var frontend in refused.Select(Ports.GetValueOrDefault).OfType<ServicePortState>().SelectMany(p => p.Frontends))
        {
            if (Claims[frontend.Frontend].RemoveAll(c => refused.Contains(c.Port)) is { IsEmpty: false } others)
                claims[frontend.Frontend] = others;
        }

        return this with { Claims = claims.ToImmutable() };
    }
}

/// <summary>A Service port that wants a frontend.</summary>
public readonly record struct FrontendClaim(ServicePortName Port, FrontendRole Role) : IComparable<FrontendClaim>
{
    /// <summary>
    /// A cluster IP comes first, so that nobody takes it by external IPs, which any user may write (CVE-2020-8554). Then by name; of one port's roles for the
    /// same address the load balancer's comes first, for it filters.
    /// </summary>
    public int CompareTo(FrontendClaim other)
    {
        if ((Role == FrontendRole.ClusterIP) != (other.Role == FrontendRole.ClusterIP))
            return Role == FrontendRole.ClusterIP ? -1 : 1;
        return Port.CompareTo(other.Port) is var byName and not 0 ? byName : other.Role.CompareTo(Role);
    }
}

/// <summary>Services of which something is not served, by the reason.</summary>
/// <param name="Invalid">Their objects or slices hold what cannot be served.</param>
/// <param name="Conflicting">Another Service has a frontend that they claim.</param>
public readonly record struct ProblemCounts(int Invalid, int Conflicting);

/// <summary>A health check port of a Service.</summary>
/// <param name="Port"><c>spec.healthCheckNodePort</c></param>
/// <param name="LocalEndpoints">Distinct addresses of ready endpoints on this node; terminating ones do not count.</param>
public readonly record struct HealthCheckState(ushort Port, int LocalEndpoints);

/// <summary>The frontends whose service may differ from the state before. A backend looks at nothing else.</summary>
/// <param name="Frontends">Those, each once.</param>
/// <param name="ServiceCidrsChanged">Whether <see cref="ProxyState.ServiceCidrs"/> differs.</param>
public sealed record ProxyChange(IReadOnlyCollection<Frontend> Frontends, bool ServiceCidrsChanged = false)
{
    public bool IsEmpty => Frontends.Count == 0 && !ServiceCidrsChanged;
}

/// <summary>A new state, what changed in it, and what was wrong with objects.</summary>
public sealed record ProxyUpdate(ProxyState State, ProxyChange Change, IReadOnlyList<ServiceProblem> Problems)
{
    /// <summary>When pods changed that this update tells of.</summary>
    public IReadOnlyList<DateTimeOffset> TriggerTimes { get; init; } = [];
}

/// <summary>Something that cannot be served as its object says.</summary>
/// <param name="Service">Whose.</param>
/// <param name="Message">A sentence for people.</param>
public readonly record struct ServiceProblem(ServiceName Service, string Message)
{
    public override string ToString() => Message;
}
