using System.Net;

namespace Viaduct.Addressing.Rules;

/// <summary>The Service CIDR by itself.</summary>
internal static class ServiceRules
{
    public static PlanRule[] All { get; } =
    [
        new FieldRule("some-service-range", Sources.KubeApiServer, Some),
        new RangeRule("service-size", Sources.KubeApiServer, [RangeKind.Service], Size),
        new FieldRule("dns-address", Sources.Aks, DnsAddress),
        new FieldRule("dns-in-static-band", Sources.Kep3070, StaticBand) { Severity = FindingSeverity.Warning },
    ];

    private static IEnumerable<(string, string)> Some(ClusterPlan plan)
    {
        if (plan.ServiceCidr.IsEmpty)
            yield return ("serviceCidr", "there is none: Services need a range such as 172.21.0.0/20.");
    }

    /// <summary>kube-apiserver: at least 8 addresses, at most 20 bits for hosts.</summary>
    private static string? Size(PlanRange range)
    {
        var (shortest, longest) = (range.Block.Bits() - 20, range.Block.Bits() - 3);
        return range.Block.PrefixLength < shortest || range.Block.PrefixLength > longest ? $"must have a prefix from /{shortest} to /{longest}." : null;
    }

    private static IEnumerable<(string, string)> DnsAddress(ClusterPlan plan)
    {
        if (plan.DnsServiceIp is not { } dns)
            yield break;
        if (!Services(plan, dns).Any())
            yield return ("dnsServiceIp", $"{dns} is not in serviceCidr {plan.ServiceCidr}; the DNS is a Service.");
        else if (Services(plan, dns).Any(s => s.OffsetOf(dns) <= 1u))
            yield return ("dnsServiceIp", $"{dns} is the first address of serviceCidr {plan.ServiceCidr}, which belongs to the Service kubernetes; the tenth is usual.");
    }

    private static IEnumerable<(string, string)> StaticBand(ClusterPlan plan)
    {
        if (plan.DnsServiceIp is { } dns && Services(plan, dns).FirstOrDefault(s => s.OffsetOf(dns) > (UInt128)ServiceAddressAllocator.StaticBandOf(s)) is { PrefixLength: > 0 } range)
        {
            yield return ("dnsServiceIp",
                $"{dns} is not among the first {ServiceAddressAllocator.StaticBandOf(range)} addresses of {range}, which are given out last; another Service may have taken it by then.");
        }
    }

    private static IEnumerable<IPNetwork> Services(ClusterPlan plan, IPAddress address) => plan.ServiceCidr.Where(s => s.OffsetOf(address) is not null);
}
