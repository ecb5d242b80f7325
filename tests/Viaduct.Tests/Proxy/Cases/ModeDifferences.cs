using Viaduct.Proxy.Backends;

namespace Viaduct.Tests.Proxy.Cases;

/// <summary>Where a mode ends connections otherwise than nftables mode does, as kube-proxy's modes differ.</summary>
internal static class ModeDifferences
{
    /// <summary>The case with what must come of it in a mode.</summary>
    public static ServiceCase In(this ServiceCase given, ProxyMode mode) => mode switch
    {
        ProxyMode.Iptables => InIptables(given),
        _ => given,
    };

    // There is no rule for what no Service has, and source ranges are rules on the way to endpoints.
    private static ServiceCase InIptables(ServiceCase given) => given switch
    {
        { Target: CaseTarget.OtherPortOfClusterIP or CaseTarget.UnusedServiceAddress } => given with { Result = CaseResult.Untouched },
        { Target: CaseTarget.LoadBalancerIP, Range: CaseRange.Nobody, Endpoints: CaseEndpoints.None } => given with { Result = CaseResult.Refused },
        _ => given,
    };
}
