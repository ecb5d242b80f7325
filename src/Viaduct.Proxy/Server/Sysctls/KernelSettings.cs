using System.Globalization;
using Microsoft.Extensions.Logging;
using Viaduct.Linux;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.Sysctls;

/// <summary>Makes the settings; what this process may not set (in a container, in a user namespace) is told once and left.</summary>
internal static class KernelSettings
{
    private const string HashSize = "/sys/module/nf_conntrack/parameters/hashsize";

    /// <returns>Why the table of connections stays too small, for an Event of the node; null when it does not.</returns>
    public static string? Apply(ConntrackConfiguration conntrack, ILogger log)
    {
        var failures = new List<string>();
        foreach (var setting in SysctlPlan.Of(conntrack, Environment.ProcessorCount))
            Try(() => Sysctl.Write(setting.Name, setting.Value), failures);
        var small = new List<string>();
        if (SysctlPlan.Max(conntrack, Environment.ProcessorCount) is { } max)
            Try(() => GrowHashTable(max / 4), small);
        if (failures.Count + small.Count > 0)
            ServerLog.Warn(log, $"Some settings of connection tracking stay as they are, and Services work without them: {string.Join(" ", failures.Concat(small))}");
        return small is [var failure] ? $"The table of tracked connections is too small for their limit and could not be grown, which makes the node slower: {failure} Set {HashSize} on the host." : null;
    }

    /// <summary>How likely the kernel ends this process when memory is short; the node's network should go last.</summary>
    public static void SetOomScore(int score, ILogger log)
    {
        var failures = new List<string>();
        Try(() => File.WriteAllText("/proc/self/oom_score_adj", score.ToString(CultureInfo.InvariantCulture)), failures);
        foreach (var failure in failures)
            ServerLog.Warn(log, $"The process's oom_score_adj could not be set to {score}: {failure}");
    }

    /// <summary>The table of a new namespace belongs to the first one, which has /sys.</summary>
    private static void GrowHashTable(int size)
    {
        if (!File.Exists(HashSize) || int.Parse(File.ReadAllText(HashSize), CultureInfo.InvariantCulture) >= size)
            return;
        File.WriteAllText(HashSize, size.ToString(CultureInfo.InvariantCulture));
    }

    private static void Try(Action set, List<string> failures)
    {
        try
        {
            set();
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            failures.Add(e.Message);
        }
    }
}
