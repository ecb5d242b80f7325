using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>Any process of this machine, held by a pidfd: its number cannot pass to another process behind our back.</summary>
public sealed class ProcessHandle : IDisposable
{
    private readonly DescriptorHandle _pidfd;
    private readonly int _id;

    private ProcessHandle(int id, DescriptorHandle pidfd) => (_id, _pidfd) = (id, pidfd);

    /// <summary>Opens a process; null when there is none of that number.</summary>
    /// <exception cref="LinuxException">The kernel refuses for another reason.</exception>
    public static ProcessHandle? TryOpen(int id)
    {
        var pidfd = Libc.pidfd_open(id);
        if (!pidfd.IsInvalid)
            return new ProcessHandle(id, pidfd);
        var failure = LinuxException.Last($"opening process {id}");
        pidfd.Dispose();
        return failure.IsNotFound ? null : throw failure;
    }

    /// <summary>Sends a signal; a process that has ended takes none, which is no error.</summary>
    public void Signal(int signal)
    {
        if (Libc.pidfd_send_signal(_pidfd, signal) == 0)
            return;
        var failure = LinuxException.Last($"sending signal {signal} to process {_id}");
        if (!failure.IsNotFound)
            throw failure;
    }

    /// <summary>Waits until the process has ended; false when it has not in time.</summary>
    public bool WaitForExit(TimeSpan limit)
    {
        var result = Libc.poll_input(_pidfd, (int)limit.TotalMilliseconds);
        if (result < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
            throw LinuxException.Last($"waiting for process {_id}");
        return result == 1;
    }

    /// <inheritdoc/>
    public void Dispose() => _pidfd.Dispose();
}
