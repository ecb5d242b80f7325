using Viaduct.Linux.Native;

namespace Viaduct.Linux.Threads;

/// <summary>What the kernel counted of a thread so far: getrusage(2).</summary>
/// <param name="PageFaults">Pages that the kernel had to provide, without reading from a disk.</param>
/// <param name="VoluntarySwitches">How often the thread left the processor to wait.</param>
/// <param name="InvoluntarySwitches">How often another one was put in its place.</param>
public readonly record struct ThreadUsage(long PageFaults, long VoluntarySwitches, long InvoluntarySwitches)
{
    /// <summary>Of the calling thread.</summary>
    public static ThreadUsage OfCurrent()
    {
        LinuxException.ThrowIfFailed(Libc.getrusage(Libc.RUSAGE_THREAD, out var usage), "asking for the thread's usage");
        return new ThreadUsage(usage.ru_minflt, usage.ru_nvcsw, usage.ru_nivcsw);
    }

    /// <summary>How long the calling thread was on a processor so far, in nanoseconds: CLOCK_THREAD_CPUTIME_ID.</summary>
    public static long ProcessorNanoseconds()
    {
        LinuxException.ThrowIfFailed(Libc.clock_gettime(Libc.CLOCK_THREAD_CPUTIME_ID, out var time), "asking for the thread's processor time");
        return time.tv_sec * 1_000_000_000 + time.tv_nsec;
    }
}
