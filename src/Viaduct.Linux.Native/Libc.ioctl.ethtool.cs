using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>struct ethtool_value (linux/ethtool.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ethtool_value
{
    public uint cmd;
    public uint data;
}

/// <summary>struct ifreq (linux/if.h) with ifr_data, a pointer, in its union of 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct ifreq_data
{
    public fixed byte ifr_name[16];
    public ethtool_value* ifr_data;
    private fixed byte padding[16];
}

public static partial class Libc
{
    /// <summary>linux/sockios.h and linux/ethtool.h: transmit checksums of a device, read and set.</summary>
    public const uint SIOCETHTOOL = 0x8946, ETHTOOL_GTXCSUM = 0x16, ETHTOOL_STXCSUM = 0x17;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeHandle fd, nuint request, ref ifreq_data argument);

    /// <summary>ioctl(fd, SIOCETHTOOL) for the device <paramref name="name"/> (at most 15 bytes of ASCII).</summary>
    public static unsafe int ioctl_ethtool(SafeHandle fd, string name, ref ethtool_value value)
    {
        var request = default(ifreq_data);
        for (var i = 0; i < name.Length && i < 15; i++)
            request.ifr_name[i] = (byte)name[i];
        fixed (ethtool_value* data = &value)
        {
            request.ifr_data = data;
            return ioctl(fd, SIOCETHTOOL, ref request);
        }
    }
}
