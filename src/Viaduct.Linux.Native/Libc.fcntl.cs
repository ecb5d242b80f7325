using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    public const int F_GETLK = 5, F_SETLK = 6;
    public const int F_OFD_SETLK = 37, F_OFD_SETLKW = 38;
    public const short F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2;

    /// <summary>struct flock of 64-bit Linux (include/uapi/asm-generic/fcntl.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct RecordLock
    {
        public short l_type;
        public short l_whence;
        public long l_start;
        public long l_len;
        public int l_pid;
    }

    // Variadic in C; with a pointer as the third argument the calling convention of x86_64 and arm64 Linux is the plain one.
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(SafeHandle fd, int command, ref RecordLock range);
}
