using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Node.Network;

/// <summary>
/// Kernel settings of the node's network namespace. A new namespace takes them from the first one or from the kernel's defaults,
/// never from its maker's, so each is set here. The host's own are not touched.
/// </summary>
internal static class NodeSysctls
{
    private static readonly (string Name, string Value)[] s_wanted =
    [
        ("net.ipv4.ip_forward", "1"),
        // A Service's answer may come in on another device than the question went out on.
        ("net.ipv4.conf.all.rp_filter", "0"),
        ("net.ipv4.conf.default.rp_filter", "0"),
        // Pods of one node reach each other's Services through the gateway: telling them a shorter way would go around the proxy.
        ("net.ipv4.conf.all.send_redirects", "0"),
        ("net.ipv4.conf.default.send_redirects", "0"),
        // Bridged packets must meet the proxy's un-DNAT; there only while br_netfilter is loaded.
        ("net.bridge.bridge-nf-call-iptables", "1"),
    ];

    public static void Apply(NetNamespace node, ILogger log) => node.Run(() =>
    {
        foreach (var (name, value) in s_wanted)
            Set(name, value, log);
    });

    private static void Set(string name, string value, ILogger log)
    {
        if (!Sysctl.Exists(name))
        {
            Log.SysctlFailed(log, name, "this kernel does not have it");
            return;
        }

        Sysctl.Write(name, value);
    }
}
