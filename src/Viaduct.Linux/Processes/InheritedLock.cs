using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>
/// A lock on an open file, held by all processes that inherited its descriptor: an open file description lock (fcntl(2), F_OFD_SETLK). The kernel drops it when
/// the last of them has ended, in whatever way. A <see cref="LockFile"/> is one process's and passes to no child.
/// </summary>
public sealed class InheritedLock : IDisposable
{
    private readonly DescriptorHandle _file;

    private InheritedLock(DescriptorHandle file) => _file = file;

    /// <summary>Locks a file that is open for writing, for this process and all that inherit it.</summary>
    /// <exception cref="LinuxException">Processes with another opening of the file hold it (EAGAIN).</exception>
    public static void Take(SafeHandle file)
    {
        var range = new Libc.RecordLock { l_type = Libc.F_WRLCK };
        LinuxException.ThrowIfFailed(Libc.fcntl(file, Libc.F_OFD_SETLK, ref range), "locking an open file for all processes that inherit it");
    }

    /// <summary>Opens a file to wait for those who hold it, also after its removal; null when it is missing.</summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static InheritedLock? Open(string path)
    {
        var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (!file.IsInvalid)
            return new InheritedLock(file);
        var failure = LinuxException.Last($"opening {path}");
        file.Dispose();
        return failure.Errno == Errno.ENOENT ? null : throw failure;
    }

    /// <summary>Waits until nobody holds the lock; false after <paramref name="patience"/>.</summary>
    public bool WaitUntilFree(TimeSpan patience)
    {
        var free = Task.Factory.StartNew(WaitUntilFree, TaskCreationOptions.LongRunning);
        if (Task.WaitAny([free], patience) < 0)
            return false;
        free.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>Closes the file; who holds the lock keeps it.</summary>
    public void Dispose() => _file.Dispose();

    // The kernel has no wait with a limit: a thread of its own waits, and is left alone when the limit is over.
    private void WaitUntilFree()
    {
        var range = new Libc.RecordLock { l_type = Libc.F_RDLCK };
        while (Libc.fcntl(_file, Libc.F_OFD_SETLKW, ref range) != 0)
        {
            var failure = LinuxException.Last("waiting for a lock");
            if (failure.Errno != Errno.EINTR)
                throw failure;
        }
    }
}
