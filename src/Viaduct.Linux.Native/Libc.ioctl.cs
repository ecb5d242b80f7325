using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    /// <summary>_IO(0xb7, 3) of linux/nsfs.h: returns the CLONE_NEW* flag of a namespace's descriptor.</summary>
    public const uint NS_GET_NSTYPE = 0xb703;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeHandle fd, nuint request, nint argument);
}
