namespace Viaduct.Lab.Engine;

/// <summary>What a measured number means nothing without.</summary>
internal static class Machine
{
    /// <summary>Kernel, processor and how many of them.</summary>
    public static string Description { get; } =
        $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Processor()} x {Environment.ProcessorCount}";

    // x86 says "model name"; others name their processor elsewhere or nowhere.
    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
}
