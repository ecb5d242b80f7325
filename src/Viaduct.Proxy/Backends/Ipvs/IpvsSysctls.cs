using Viaduct.Linux.Sysctls;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>The kernel's settings that ipvs mode needs; they are kube-proxy's.</summary>
internal static class IpvsSysctls
{
    /// <summary>In the calling thread's network namespace.</summary>
    public static void Apply(IpvsSettings settings, Version kernel)
    {
        foreach (var (name, value) in All(settings, kernel))
            Sysctl.Write(name, value);
    }

    public static IEnumerable<(string Name, string Value)> All(IpvsSettings settings, Version kernel)
    {
        // Connections of IPVS are tracked, so that they can be masqueraded.
        yield return ("net.ipv4.vs.conntrack", "1");
        // A client's port that comes again while its last connection ends: from Linux 5.9 on the kernel's own value does not delay it.
        if (kernel >= new Version(4, 1) && kernel < new Version(5, 9))
            yield return ("net.ipv4.vs.conn_reuse_mode", "0");
        // A packet to an endpoint that is gone ends the connection, and affinity to an endpoint of weight 0 ends.
        yield return ("net.ipv4.vs.expire_nodest_conn", "1");
        yield return ("net.ipv4.vs.expire_quiescent_template", "1");
        yield return ("net.ipv4.ip_forward", "1");
        if (!settings.StrictArp)
            yield break;
        yield return ("net.ipv4.conf.all.arp_ignore", "1");
        yield return ("net.ipv4.conf.all.arp_announce", "2");
    }
}
