using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Packets;

/// <summary>
/// A tap device, and its other end: what the kernel sends through the device is received here, and what is sent here the device receives. That is how a
/// virtual machine's card is connected. The device is gone with this object.
/// </summary>
public sealed class TapDevice : IDisposable
{
    private const string File = "/dev/net/tun";
    private const long Tap = 1, Ended = 2;

    private readonly DescriptorHandle _tap;
    private readonly DescriptorHandle _end;
    private readonly DescriptorHandle _epoll;

    /// <summary>Makes the device in the calling thread's network namespace; its far end stays with this object, whichever thread uses it.</summary>
    public TapDevice(string name)
    {
        _tap = Open(name);
        _end = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        _epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        LinuxException.ThrowIfFailed(Libc.epoll_add_input(_epoll, _tap, Tap), "watching a tap device");
        LinuxException.ThrowIfFailed(Libc.epoll_add_input(_epoll, _end, Ended), "watching a tap device");
    }

    /// <summary>Waits for the next frame that the device sends; 0 after <see cref="End"/>, and when the device was deleted.</summary>
    public int Receive(Span<byte> buffer)
    {
        while (true)
        {
            if (Libc.epoll_wait_one(_epoll, out var what) == 1 && what == Ended)
                return 0;
            var length = Libc.read(_tap, buffer, (nuint)buffer.Length);
            if (length > 0)
                return (int)length;
            if (Marshal.GetLastPInvokeError() is not (Errno.EAGAIN or Errno.EINTR))
                return 0;
        }
    }

    /// <summary>Has the device receive a frame; false when it is down.</summary>
    public bool Send(ReadOnlySpan<byte> frame) => Libc.write(_tap, frame, (nuint)frame.Length) == frame.Length;

    /// <summary>Has <see cref="Receive"/> return 0, now and for ever.</summary>
    public void End() => _ = Libc.eventfd_write(_end, 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        _epoll.Dispose();
        _end.Dispose();
        _tap.Dispose();
    }

    private static DescriptorHandle Open(string name)
    {
        var tap = Libc.open(File, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (tap.IsInvalid)
            throw LinuxException.Last($"opening {File}", Marshal.GetLastPInvokeError() == Errno.EACCES ? $"This user may not: as root, run \"chmod 666 {File}\", or run this as root." : null);
        if (Libc.ioctl_tunsetiff(tap, name, Libc.IFF_TAP | Libc.IFF_NO_PI) == 0)
            return tap;
        var failure = LinuxException.Last($"making the tap device {name}");
        tap.Dispose();
        throw failure;
    }
}
