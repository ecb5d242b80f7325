using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    /// <summary>Thread 0 is the calling one.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int sched_setaffinity(int thread, nuint size, ReadOnlySpan<ulong> processors);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sched_getaffinity(int thread, nuint size, Span<ulong> processors);
}
