using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>The processor time of any process, to the nanosecond; proc_pid_stat(5) tells it in hundredths of a second.</summary>
public static class ProcessClock
{
    // include/linux/posix-timers_types.h: the complement of the process's number, above the bits that choose the clock.
    private const int CPUCLOCK_SCHED = 2;

    /// <summary>What all threads of a process ran so far, in user mode and in the kernel.</summary>
    /// <param name="process">Its number.</param>
    /// <exception cref="LinuxException">There is no such process.</exception>
    public static TimeSpan Read(int process)
    {
        LinuxException.ThrowIfFailed(Libc.clock_gettime((~process << 3) | CPUCLOCK_SCHED, out var time), $"asking for the processor time of process {process}");
        return new TimeSpan((time.tv_sec * TimeSpan.TicksPerSecond) + (time.tv_nsec / TimeSpan.NanosecondsPerTick));
    }
}
