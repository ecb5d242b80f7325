using Viaduct.Linux.Sysctls;

namespace Viaduct.Lab.Network;

/// <summary>
/// The kernel settings with which every host of an experiment begins: a namespace takes those of IPv4 from the machine's first one
/// (docs/kernel/links-and-namespaces.md), so each one that matters is set.
/// </summary>
public static class HostSettings
{
    private static readonly (string[] Scopes, string[] Names, string Value)[] s_groups =
    [
        (["net.ipv4"], ["ip_forward"], "0"),
        (["net.ipv4.conf.all", "net.ipv4.conf.default"], ["rp_filter", "accept_local", "arp_filter", "arp_ignore", "arp_announce", "arp_notify", "promote_secondaries", "route_localnet"], "0"),
        (["net.bridge"], ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-call-arptables"], "0"),
        // Only IPv4 is looked at: the neighbour discovery of IPv6 would stand in every capture.
        (["net.ipv6.conf.all", "net.ipv6.conf.default"], ["disable_ipv6"], "1"),
    ];

    /// <summary>Each one by itself.</summary>
    public static IReadOnlyList<(string Name, string Value)> All { get; } = [.. s_groups.SelectMany(g => g.Scopes.SelectMany(s => g.Names.Select(n => ($"{s}.{n}", g.Value))))];

    /// <summary>What a person would type for the same; -e passes over what a kernel does not have, as br_netfilter's where that is not loaded.</summary>
    public static string Command { get; } = "sysctl -eqw " + string.Join(' ', s_groups.Select(g => $"{Braces(g.Scopes)}.{Braces(g.Names)}={g.Value}"));

    /// <summary>In the calling thread's network namespace.</summary>
    internal static void Apply()
    {
        foreach (var (name, value) in All.Where(s => Sysctl.Exists(s.Name)))
            Sysctl.Write(name, value);
    }

    // What differs between them in the shell's braces.
    private static string Braces(string[] words)
    {
        var shared = words[0];
        while (!words.All(w => w.StartsWith(shared, StringComparison.Ordinal)))
            shared = shared[..^1];
        return words.Length == 1 ? words[0] : $"{shared}{{{string.Join(',', words.Select(w => w[shared.Length..]))}}}";
    }
}
