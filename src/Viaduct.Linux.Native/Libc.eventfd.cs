using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    public const int EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;

    [LibraryImport("libc", SetLastError = true)]
    public static partial DescriptorHandle eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd_write(SafeHandle fd, ulong value);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd_read(SafeHandle fd, out ulong value);
}
