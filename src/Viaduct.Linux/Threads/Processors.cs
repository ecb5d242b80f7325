using System.Numerics;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Threads;

/// <summary>On which processors the calling thread may run: sched_setaffinity(2).</summary>
public static class Processors
{
    private const int Words = 16;

    /// <summary>The processors that the calling thread may use.</summary>
    public static IReadOnlyList<int> Allowed()
    {
        Span<ulong> mask = stackalloc ulong[Words];
        LinuxException.ThrowIfFailed(Libc.sched_getaffinity(0, Words * sizeof(ulong), mask), "asking for the thread's processors");
        var allowed = new List<int>();
        for (var word = 0; word < Words; word++)
        {
            for (var rest = mask[word]; rest != 0; rest &= rest - 1)
                allowed.Add(word * 64 + BitOperations.TrailingZeroCount(rest));
        }

        return allowed;
    }

    /// <summary>Keeps the calling thread on one processor; only for threads that end soon.</summary>
    public static void Pin(int processor)
    {
        Span<ulong> mask = stackalloc ulong[Words];
        mask[processor / 64] = 1UL << (processor % 64);
        LinuxException.ThrowIfFailed(Libc.sched_setaffinity(0, Words * sizeof(ulong), mask), $"keeping a thread on processor {processor}");
    }
}
