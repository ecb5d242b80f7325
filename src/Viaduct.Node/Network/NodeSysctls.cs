using Microsoft.Extensions.Logging;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Node.Network;

/// <summary>
/// Kernel settings of the node's network namespace. A new namespace takes them from the first one or from the kernel's defaults,
/// never from its maker's, so each is set here. The host's own are not touched.
/// </summary>
internal static class NodeSysctls
{
    private const string NoBridgeNetfilter =
        "load it with \"modprobe br_netfilter\" as root. Without it, iptables and nftables do not see what pods of one node send each other over the bridge";

    private static readonly Setting[] s_wanted =
    [
        new("net.ipv4.ip_forward", "1", "pods reach nothing but their own node without it"),
        new("net.ipv6.conf.all.forwarding", "1", "pods reach nothing but their own node over IPv6 without it"),
        // Only the routes that we make: a router's advertisement would add others. And addresses survive a link that goes down and up.
        new("net.ipv6.conf.all.accept_ra", "0", null),
        new("net.ipv6.conf.default.accept_ra", "0", null),
        new("net.ipv6.conf.all.keep_addr_on_down", "1", null),
        // A Service's answer may come in on another device than the question went out on.
        new("net.ipv4.conf.all.rp_filter", "0", "answers of Services may be dropped without it"),
        new("net.ipv4.conf.default.rp_filter", "0", null),
        // Pods of one node reach each other's Services through the gateway: telling them a shorter way would go around the proxy.
        new("net.ipv4.conf.all.send_redirects", "0", null),
        new("net.ipv4.conf.default.send_redirects", "0", null),
        // Bridged packets must meet the proxy's un-DNAT; there only while br_netfilter is loaded.
        new("net.bridge.bridge-nf-call-iptables", "1", NoBridgeNetfilter),
        new("net.bridge.bridge-nf-call-ip6tables", "1", NoBridgeNetfilter),
    ];

    public static void Apply(NetNamespace node, ILogger log) => node.Run(() =>
    {
        foreach (var setting in s_wanted)
        {
            if (Set(setting) is { } problem)
                Log.SysctlFailed(log, setting.Name, problem);
        }
    });

    /// <summary>Sets it, or says why that cannot be done and what follows.</summary>
    private static string? Set(Setting setting)
    {
        // A kernel without IPv6 needs no settings of it.
        if (!Sysctl.Exists(setting.Name))
            return setting.Name.StartsWith("net.ipv6.", StringComparison.Ordinal) ? null : $"this kernel does not have it{Consequence(setting)}";
        try
        {
            Sysctl.Write(setting.Name, setting.Value);
            return null;
        }
        catch (LinuxException e)
        {
            return $"{e.Message} Set it on the machine (sysctl -w {setting.Name}={setting.Value}){Consequence(setting)}";
        }
    }

    private static string Consequence(Setting setting) => setting.Consequence is null ? "." : $"; {setting.Consequence}.";

    private sealed record Setting(string Name, string Value, string? Consequence);
}
