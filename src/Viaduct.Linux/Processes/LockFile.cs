using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>
/// A file that at most one process holds: a POSIX record lock (fcntl(2), F_SETLK). The kernel drops it when the process ends in
/// whatever way, and tells who holds it, so that a stale process id can never be taken for a live process.
/// </summary>
public sealed class LockFile : IDisposable
{
    private readonly DescriptorHandle _file;

    private LockFile(DescriptorHandle file) => _file = file;

    /// <summary>Takes the lock; null when another process holds it. The file is made when it is missing.</summary>
    /// <exception cref="LinuxException">The file cannot be opened.</exception>
    public static LockFile? TryAcquire(string path)
    {
        var file = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x180); // 0600
        if (file.IsInvalid)
            throw LinuxException.Last($"opening the lock file {path}");
        var range = WholeFile();
        if (Libc.fcntl(file, Libc.F_SETLK, ref range) == 0)
            return new LockFile(file);
        var errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        return errno is Errno.EACCES or Errno.EAGAIN ? null : throw new LinuxException($"locking {path}", errno);
    }

    /// <summary>The id, in the caller's pid namespace, of the process that holds the lock; null when none does or the file is missing.</summary>
    /// <exception cref="LinuxException">The file is there and cannot be asked.</exception>
    public static int? FindOwner(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (file.IsInvalid)
            throw LinuxException.Last($"opening the lock file {path}");
        var range = WholeFile();
        LinuxException.ThrowIfFailed(Libc.fcntl(file, Libc.F_GETLK, ref range), $"asking who holds {path}");
        return range.l_type == Libc.F_UNLCK ? null : range.l_pid;
    }

    /// <summary>Gives the lock back; the file stays.</summary>
    public void Dispose() => _file.Dispose();

    private static Libc.RecordLock WholeFile() => new() { l_type = Libc.F_WRLCK };
}
