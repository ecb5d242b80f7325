using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    /// <summary>linux/if_tun.h: makes the device of a descriptor of /dev/net/tun; one of Ethernet frames; without a header of its own before each.</summary>
    public const uint TUNSETIFF = 0x400454ca, IFF_TAP = 0x0002, IFF_NO_PI = 0x1000;

    public const int O_NONBLOCK = 0x800;

    // struct ifreq has 40 bytes: the name in the first 16, ifr_flags behind it.
    private const int SizeOfRequest = 40, SizeOfName = 16;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeHandle fd, nuint request, Span<byte> argument);

    /// <summary>ioctl(fd, TUNSETIFF) for the device <paramref name="name"/> (at most 15 bytes of ASCII).</summary>
    public static int ioctl_tunsetiff(SafeHandle fd, string name, uint flags)
    {
        Span<byte> request = stackalloc byte[SizeOfRequest];
        request.Clear();
        for (var i = 0; i < name.Length && i < SizeOfName - 1; i++)
            request[i] = (byte)name[i];
        MemoryMarshal.Write(request[SizeOfName..], (short)flags);
        return ioctl(fd, TUNSETIFF, request);
    }
}
