using Viaduct.Proxy.Backends;

namespace Viaduct.Tests.Proxy.Cases;

/// <summary>Where a mode ends connections otherwise than nftables mode does, as kube-proxy's modes differ.</summary>
internal static class ModeDifferences
{
    /// <summary>The case with what must come of it in a mode.</summary>
    public static ServiceCase In(this ServiceCase given, ProxyMode mode) => mode switch
    {
        ProxyMode.Iptables => InIptables(given),
        ProxyMode.Ipvs => InIpvs(given),
        ProxyMode.Userspace => InUserspace(given),
        _ => given,
    };

    // There is no rule for what no Service has, and source ranges are rules on the way to endpoints.
    private static ServiceCase InIptables(ServiceCase given) => given switch
    {
        { Target: CaseTarget.OtherPortOfClusterIP or CaseTarget.UnusedServiceAddress } => given with { Result = CaseResult.Untouched },
        { Target: CaseTarget.LoadBalancerIP, Range: CaseRange.Nobody, Endpoints: CaseEndpoints.None } => given with { Result = CaseResult.Refused },
        _ => given,
    };

    // IPVS does not let packets from 127.0.0.0/8 leave the host. A process of the node takes the Service's own address as its source, which must be translated.
    private static ServiceCase InIpvs(ServiceCase given) => given switch
    {
        { Target: CaseTarget.NodePortOnLoopback } => given with { Result = CaseResult.Untouched, Masqueraded = null },
        { Client: CaseClient.HostProcess, Target: CaseTarget.ClusterIP, Masqueraded: false } => given with { Masqueraded = true },
        _ => given,
    };

    // The endpoint is connected to by the proxy, and sees the node's address, whoever the client is and whatever the policy.
    private static ServiceCase InUserspace(ServiceCase given) => given with { Masqueraded = given.Masqueraded is null ? null : true };
}
