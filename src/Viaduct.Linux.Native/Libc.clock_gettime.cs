using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>struct timespec of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct timespec
{
    public long tv_sec;
    public long tv_nsec;
}

public static partial class Libc
{
    public const int CLOCK_MONOTONIC = 1, CLOCK_THREAD_CPUTIME_ID = 3;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int clock_gettime(int clock, out timespec time);
}
