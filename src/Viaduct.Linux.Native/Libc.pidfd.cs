using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    // The numbers are the same on every architecture (system calls since 5.0 share one table).
    private const int SYS_pidfd_send_signal = 424, SYS_pidfd_open = 434;

    public static DescriptorHandle pidfd_open(int pid) => syscall(SYS_pidfd_open, pid, 0);

    public static int pidfd_send_signal(DescriptorHandle pidfd, int signal) => (int)syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial DescriptorHandle syscall(nint number, nint first, nint second);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, SafeHandle first, nint second, nint third, nint fourth);
}
