using System.Diagnostics;
using Viaduct.Tests.EndToEnd.Clusters;

namespace Viaduct.Tests.EndToEnd.Machine;

/// <summary>What the kernel has in the network namespace of a cluster's node, found by way of the node's process.</summary>
internal static class NodeRules
{
    // Names that only the rules of one mode have.
    private static readonly Dictionary<string, string> s_marks = new()
    {
        ["nftables"] = "table ip viaduct {",
        ["iptables"] = "KUBE-SERVICES",
        ["userspace"] = "table ip viaduct-userspace {",
    };

    // ip_vs makes it in each network namespace: net/netfilter/ipvs/ip_vs_ctl.c.
    public static bool HasIpvs() => File.Exists("/proc/net/ip_vs");

    /// <summary>The rules of this mode are there, and those of no other one.</summary>
    public static async Task AssertOnlyOfAsync(TestCluster cluster, string node, string mode)
    {
        if (!Environment.IsPrivilegedProcess || !Shell.Has("nft") || !Shell.Has("iptables-save"))
            return;
        var rules = await ScriptAsync(cluster.Name, node, "nft list ruleset && iptables-save");
        foreach (var (other, mark) in s_marks)
            Assert.True(rules.Contains(mark, StringComparison.Ordinal) == (other == mode), $"{node} is in mode {mode}; of mode {other} there is:\n{rules}");
    }

    public static void KillProcess(string cluster, string node)
    {
        using var process = Process.GetProcessById(ProcessOf(cluster, node));
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Runs a shell script in the node's network namespace.</summary>
    public static async Task<string> ScriptAsync(string cluster, string node, string script) =>
        (await Shell.RunAsync("nsenter", ["--target", $"{ProcessOf(cluster, node)}", "--net", "--", "sh", "-c", script])).Succeed();

    private static int ProcessOf(string cluster, string node) => Directory.GetDirectories("/proc")
        .Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, null))
        .Single(id => Words(id) is [_, "node", var run, _, var name] && name == node && Path.GetFileName(run) == cluster);

    private static string[] Words(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").TrimEnd('\0').Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
