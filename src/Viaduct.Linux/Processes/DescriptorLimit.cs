using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>How many descriptors this process may have open (RLIMIT_NOFILE).</summary>
public static class DescriptorLimit
{
    /// <summary>Raises the limit as far as this process may, up to <paramref name="wanted"/>, and returns what it is now.</summary>
    public static long RaiseTo(long wanted)
    {
        LinuxException.ThrowIfFailed(Libc.getrlimit(Libc.RLIMIT_NOFILE, out var limit), "asking for the limit of open descriptors");
        if ((long)Math.Min(limit.rlim_cur, long.MaxValue) >= wanted)
            return (long)Math.Min(limit.rlim_cur, long.MaxValue);
        // More than the hard limit takes CAP_SYS_RESOURCE; the hard limit itself takes nothing.
        if (limit.rlim_max < (ulong)wanted && Libc.setrlimit(Libc.RLIMIT_NOFILE, new rlimit { rlim_cur = (ulong)wanted, rlim_max = (ulong)wanted }) == 0)
            return wanted;
        var possible = Math.Min(limit.rlim_max, (ulong)wanted);
        return Libc.setrlimit(Libc.RLIMIT_NOFILE, new rlimit { rlim_cur = possible, rlim_max = limit.rlim_max }) == 0 ? (long)possible : (long)limit.rlim_cur;
    }
}
