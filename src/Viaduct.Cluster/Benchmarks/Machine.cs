using System.Reflection;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>What a figure means nothing without.</summary>
internal static class Machine
{
    public static string Kernel { get; } = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    /// <summary>As the build wrote it: 0.1.0+COMMIT.</summary>
    public static string Commit { get; } =
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+').ElementAtOrDefault(1) ?? "";
}
