using System.Collections.Immutable;
using System.Net;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>What a configuration says of ipvs mode.</summary>
internal static class IpvsConfiguration
{
    public static IpvsSettings Of(ProxyConfiguration configuration)
    {
        var scheduler = (string)configuration["ipvs.scheduler"]!;
        return new IpvsSettings
        {
            Scheduler = scheduler.Length == 0 ? new IpvsSettings().Scheduler : scheduler,
            StrictArp = (bool)configuration["ipvs.strictARP"]!,
            ExcludeCidrs = [.. ((ImmutableArray<string>)configuration["ipvs.excludeCIDRs"]!).Select(Network)],
            TcpTimeout = (TimeSpan)configuration["ipvs.tcpTimeout"]!,
            TcpFinTimeout = (TimeSpan)configuration["ipvs.tcpFinTimeout"]!,
            UdpTimeout = (TimeSpan)configuration["ipvs.udpTimeout"]!,
        };
    }

    private static IPNetwork Network(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new ProxyConfigurationException($"ipvs.excludeCIDRs (--ipvs-exclude-cidrs) has \"{text}\", which is not a network such as 10.0.0.0/8.");
}
