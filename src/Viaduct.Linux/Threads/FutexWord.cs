using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Threads;

/// <summary>A number that threads of this process wait for in the kernel: futex(7). It lies at a fixed address.</summary>
public sealed class FutexWord
{
    private readonly int[] _word = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>The number, for atomic operations.</summary>
    public ref int Value => ref _word[0];

    /// <summary>Sleeps until woken, unless the number is no longer <paramref name="expected"/>. May wake for no reason: look again.</summary>
    public void Wait(int expected)
    {
        if (Libc.futex(ref _word[0], Libc.FUTEX_WAIT_PRIVATE, expected) != 0 && Marshal.GetLastPInvokeError() is not (Errno.EAGAIN or Errno.EINTR))
            throw LinuxException.Last("waiting for a futex");
    }

    /// <summary>Wakes at most <paramref name="threads"/> that wait.</summary>
    public void Wake(int threads) => LinuxException.ThrowIfFailed(Libc.futex(ref _word[0], Libc.FUTEX_WAKE_PRIVATE, threads), "waking who waits for a futex");
}
