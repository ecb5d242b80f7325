using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Files;

/// <summary>An exclusive flock(2) on a file, which the kernel releases when the process ends, however it ends.</summary>
public sealed class FileLock : IDisposable
{
    private readonly DescriptorHandle _file;

    private FileLock(DescriptorHandle file) => _file = file;

    /// <summary>Takes the lock, making the file if needed; null if somebody else keeps it for longer than <paramref name="timeout"/>.</summary>
    public static FileLock? TryAcquire(string path, TimeSpan timeout)
    {
        var file = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x1a4 /* 0644 */);
        if (file.IsInvalid)
            throw LinuxException.Last($"opening lock file {path}");
        if (Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
            return new FileLock(file);
        var errno = Marshal.GetLastPInvokeError();
        if (errno == Errno.EAGAIN)
            return new Waiter(file).Wait(timeout);
        file.Dispose();
        throw new LinuxException($"locking {path}", errno);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // flock(2) has no time limit. A thread of its own waits in the kernel; when it comes too late, it gives the lock back.
    private sealed class Waiter(DescriptorHandle file)
    {
        private readonly TaskCompletionSource<bool> _locked = new();
        private int _decided;

        public FileLock? Wait(TimeSpan timeout)
        {
            new Thread(Run) { IsBackground = true, Name = "file lock" }.Start();
            if (!_locked.Task.Wait(timeout) && Interlocked.Exchange(ref _decided, 1) == 0)
                return null;
            return _locked.Task.GetAwaiter().GetResult() ? new FileLock(file) : null;
        }

        private void Run()
        {
            int result;
            do
                result = Libc.flock(file, Libc.LOCK_EX);
            while (result != 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            var inTime = Interlocked.Exchange(ref _decided, 1) == 0;
            if (!inTime || result != 0)
                file.Dispose();
            _locked.TrySetResult(inTime && result == 0);
        }
    }
}
