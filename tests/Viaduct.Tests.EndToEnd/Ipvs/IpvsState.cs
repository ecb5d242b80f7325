using System.Text.RegularExpressions;

namespace Viaduct.Tests.EndToEnd.Ipvs;

/// <summary>What a network namespace has of all that ipvs mode and iptables mode write, by the tools that operators look with.</summary>
internal static partial class IpvsState
{
    /// <summary>
    /// A shell script that prints it. Of iptables' tables only rules and chains of people: its own chains come with the first rule of anybody and stay, empty.
    /// KUBE-FIREWALL is kubelet's, too, and stays.
    /// </summary>
    public const string Script = "{ iptables-legacy-save | grep -e ^-A -e ' - \\[' | grep -v KUBE-FIREWALL; ipvsadm -Sn; ipset list; ip -o link; ip -o address; } 2>&1";

    // Names that only one mode makes: a chain, and a device, a set and a virtual service.
    private static readonly string[] s_ofIptables = ["KUBE-SVC-"];
    private static readonly string[] s_ofIpvs = ["kube-ipvs0", "Name: VIADUCT-CLUSTER-IP", "-A -t "];

    /// <summary>Whether what this mode makes is there, and nothing of the other one.</summary>
    public static bool IsOnlyOf(string mode, string state) =>
        new[] { (Marks: s_ofIptables, IsThere: mode == "iptables"), (Marks: s_ofIpvs, IsThere: mode == "ipvs") }
            .All(m => m.Marks.All(mark => state.Contains(mark, StringComparison.Ordinal) == m.IsThere));

    public static void AssertOnlyOf(string mode, string state) => Assert.True(IsOnlyOf(mode, state), $"In mode {mode} there is:\n{state}");

    public static string WithoutCounters(string state) => Counters().Replace(state, "");

    [GeneratedRegex(@"\[\d+:\d+\]|Size in memory: \d+|valid_lft \S+|preferred_lft \S+")]
    private static partial Regex Counters();
}
