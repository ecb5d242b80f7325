using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>asm-generic/termios.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}

public static partial class Libc
{
    /// <summary>_IO(0xb7, 3) of linux/nsfs.h: returns the CLONE_NEW* flag of a namespace's descriptor.</summary>
    public const uint NS_GET_NSTYPE = 0xb703;

    /// <summary>asm-generic/ioctls.h: sets a terminal's size, unlocks the other end of a pseudo-terminal, tells its number below /dev/pts.</summary>
    public const uint TIOCSWINSZ = 0x5414, TIOCSPTLCK = 0x40045431, TIOCGPTN = 0x80045430;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeHandle fd, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeHandle fd, nuint request, ref int argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeHandle fd, nuint request, ref winsize argument);
}
