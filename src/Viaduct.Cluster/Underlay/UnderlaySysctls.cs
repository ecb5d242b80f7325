using Viaduct.Linux.Sysctls;

namespace Viaduct.Cluster.Underlay;

/// <summary>Kernel settings of the underlay's namespaces; each method sets those of the calling thread's.</summary>
internal static class UnderlaySysctls
{
    // The IPv4 defaults of a new namespace are the first one's, whatever they are there; so say what we need.
    public static void MakeRouter(bool hasIPv6)
    {
        Sysctl.Write("net.ipv4.ip_forward", "1");
        foreach (var scope in new[] { "all", "default" })
        {
            Sysctl.Write($"net.ipv4.conf.{scope}.rp_filter", "0");
            // As a VPC's router does, it also forwards between hosts of one vSwitch, and does not tell them a shorter way.
            Sysctl.Write($"net.ipv4.conf.{scope}.send_redirects", "0");
        }
        if (hasIPv6)
            Sysctl.Write("net.ipv6.conf.all.forwarding", "1");
    }

    /// <summary>Before the first link: addresses that need no waiting, and none but ours; or no IPv6 at all, so that no device says anything over it.</summary>
    public static void PrepareIPv6(bool wanted)
    {
        foreach (var scope in new[] { "all", "default" })
        {
            WriteIfThere($"net.ipv6.conf.{scope}.disable_ipv6", wanted ? "0" : "1");
            WriteIfThere($"net.ipv6.conf.{scope}.accept_dad", "0");
            WriteIfThere($"net.ipv6.conf.{scope}.accept_ra", "0");
            WriteIfThere($"net.ipv6.conf.{scope}.keep_addr_on_down", "1");
        }
    }

    private static void WriteIfThere(string name, string value)
    {
        if (Sysctl.Exists(name))
            Sysctl.Write(name, value);
    }
}
