using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>struct rusage of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct rusage
{
    public long ru_utime_sec, ru_utime_usec, ru_stime_sec, ru_stime_usec;
    public long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss;
    public long ru_minflt, ru_majflt, ru_nswap, ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals;
    public long ru_nvcsw, ru_nivcsw;
}

public static partial class Libc
{
    public const int RUSAGE_THREAD = 1;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getrusage(int who, out rusage usage);
}
