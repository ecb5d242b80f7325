using Viaduct.Linux.Native;

namespace Viaduct.Linux.Route;

/// <summary>Whether a device may leave transmit checksums to what is below it. Like <c>ethtool -K NAME tx off</c>; in the calling thread's network namespace.</summary>
public static class ChecksumOffload
{
    /// <summary>Whether it does.</summary>
    public static bool IsOn(string link) => Call(link, Libc.ETHTOOL_GTXCSUM, 0, $"asking for the checksum offload of {link}") != 0;

    /// <summary>Sets it, unless it is so already.</summary>
    public static void Set(string link, bool on)
    {
        if (IsOn(link) != on)
            Call(link, Libc.ETHTOOL_STXCSUM, on ? 1u : 0, $"setting the checksum offload of {link}");
    }

    private static uint Call(string link, uint command, uint data, string operation)
    {
        // Any socket will do: dev_ioctl() takes only the socket's network namespace.
        using var socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NetlinkConstants.NETLINK_ROUTE);
        if (socket.IsInvalid)
            throw LinuxException.Last("opening a socket");
        var value = new ethtool_value { cmd = command, data = data };
        LinuxException.ThrowIfFailed(Libc.ioctl_ethtool(socket, link, ref value), operation);
        return value.data;
    }
}
