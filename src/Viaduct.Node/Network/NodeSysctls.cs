using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Node.Network;

/// <summary>
/// Kernel settings of a node's network namespace. A new namespace takes them from the first one or from the kernel's defaults,
/// never from its maker's, so for a namespace of ours each is set. Of somebody's machine only those are touched without which pods do not work.
/// </summary>
internal static class NodeSysctls
{
    private const string NoBridgeNetfilter =
        "load it with \"modprobe br_netfilter\" as root. Without it, iptables and nftables do not see what pods of one node send each other over the bridge";

    private static readonly SysctlSetting[] s_always =
    [
        new("net.ipv4.ip_forward", "1", "pods reach nothing but their own node without it"),
        // Bridged packets must meet the proxy's un-DNAT; there only while br_netfilter is loaded.
        new("net.bridge.bridge-nf-call-iptables", "1", NoBridgeNetfilter),
        new("net.bridge.bridge-nf-call-ip6tables", "1", NoBridgeNetfilter),
    ];

    private static readonly SysctlSetting s_forwardingIPv6 = new("net.ipv6.conf.all.forwarding", "1", "pods reach nothing but their own node over IPv6 without it");

    private static readonly SysctlSetting[] s_ofOurNamespace =
    [
        s_forwardingIPv6,
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
    ];

    /// <summary>For a namespace that is the node's alone.</summary>
    public static void Apply(NetNamespace node, ILogger log) => Apply(node, [.. s_always, .. s_ofOurNamespace], log);

    /// <summary>For a machine that was there before, with these blocks of pods.</summary>
    public static void ApplyToHost(NetNamespace node, IReadOnlyList<IPNetwork> podCidrs, ILogger log) => Apply(
        node,
        podCidrs.Any(p => p.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6) ? [.. s_always, .. node.Run(KeepAdvertisedRoutes), s_forwardingIPv6] : s_always,
        log);

    private static void Apply(NetNamespace node, IEnumerable<SysctlSetting> settings, ILogger log) => node.Run(() =>
    {
        foreach (var setting in settings)
        {
            if (Set(setting) is { } problem)
                Log.SysctlFailed(log, setting.Name, problem);
        }
    });

    // A machine that forwards takes no more router advertisements unless told so (2), and then loses its default route (Documentation/networking/ip-sysctl.rst).
    private static SysctlSetting[] KeepAdvertisedRoutes() =>
    [
        .. Sysctl.Exists(s_forwardingIPv6.Name) && Sysctl.Read(s_forwardingIPv6.Name) == "0"
            ? Links().Select(link => $"net/ipv6/conf/{link}/accept_ra").Where(name => Sysctl.Exists(name) && Sysctl.Read(name) == "1")
                .Select(name => new SysctlSetting(name, "2", "routes that a router advertises are lost when their time is over"))
            : [],
    ];

    private static string[] Links()
    {
        using var client = new RouteClient();
        return [.. client.ListLinks().Select(l => l.Name)];
    }

    /// <summary>Sets it, or says why that cannot be done and what follows.</summary>
    private static string? Set(SysctlSetting setting)
    {
        // A kernel without IPv6 needs no settings of it.
        if (!Sysctl.Exists(setting.Name))
            return setting.Name.StartsWith("net.ipv6.", StringComparison.Ordinal) ? null : setting.Missing();
        try
        {
            Sysctl.Write(setting.Name, setting.Value);
            return null;
        }
        catch (LinuxException e)
        {
            return setting.Failed(e);
        }
    }
}

/// <summary>A wanted value, and what follows when it cannot be had; null when little does.</summary>
internal sealed record SysctlSetting(string Name, string Value, string? Consequence)
{
    public string Missing() => $"this kernel does not have it{After}";

    public string Failed(LinuxException failure) => $"{failure.Message} Set it on the machine (sysctl -w {Name}={Value}){After}";

    private string After => Consequence is null ? "." : $"; {Consequence}.";
}
