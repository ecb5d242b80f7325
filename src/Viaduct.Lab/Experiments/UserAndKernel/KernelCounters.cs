using System.Globalization;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>What the kernel counts in /proc; of the whole machine where it says nothing else.</summary>
internal static class KernelCounters
{
    /// <summary>How often a kind of deferred work ran, on all processors.</summary>
    public static long SoftInterrupts(string kind) =>
        Sum(File.ReadLines("/proc/softirqs").Single(l => l.TrimStart().StartsWith($"{kind}:", StringComparison.Ordinal)));

    /// <summary>Interrupts of all devices and timers, on all processors.</summary>
    public static long Interrupts() => File.ReadLines("/proc/interrupts").Skip(1).Sum(Sum);

    /// <summary>Whether a device has a line of its own among the interrupts.</summary>
    public static bool HasInterrupt(string device) => File.ReadLines("/proc/interrupts").Any(l => l.Split(' ').Contains(device));

    /// <summary>Packets that a host's link received.</summary>
    public static long Received(LabHost host, string link) => host.Namespace.Run(() =>
        Fields(File.ReadLines("/proc/thread-self/net/dev").Single(l => l.TrimStart().StartsWith($"{link}:", StringComparison.Ordinal))).ElementAt(1));

    private static long Sum(string line) => Fields(line).Sum();

    // Numbers behind the name, up to the first word.
    private static IEnumerable<long> Fields(string line) => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .TakeWhile(f => long.TryParse(f, out _)).Select(f => long.Parse(f, CultureInfo.InvariantCulture));
}
