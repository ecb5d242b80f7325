using System.Collections.Immutable;
using System.Net;

namespace Viaduct.Proxy;

/// <summary>What ipvs mode can be told; the defaults are kube-proxy's.</summary>
public sealed record IpvsSettings
{
    /// <summary>How the kernel chooses an endpoint: rr, wrr, lc, wlc, fo, ovf, lblc, lblcr, dh, sh, mh, sed, nq or another that it has.</summary>
    public string Scheduler { get; init; } = "rr";

    /// <summary>Links answer ARP only for addresses of their own, not for those of Services.</summary>
    public bool StrictArp { get; init; }

    /// <summary>Virtual services with an address in these networks are somebody else's and are never deleted.</summary>
    public ImmutableArray<IPNetwork> ExcludeCidrs { get; init; } = [];

    /// <summary>After how long without a packet a TCP connection is forgotten; zero leaves the kernel's value, 900 s.</summary>
    public TimeSpan TcpTimeout { get; init; }

    /// <summary>The same after a FIN; the kernel's value is 120 s.</summary>
    public TimeSpan TcpFinTimeout { get; init; }

    /// <summary>The same of UDP; the kernel's value is 300 s.</summary>
    public TimeSpan UdpTimeout { get; init; }
}
