using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000;
    public const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 0x10, EPOLLEXCLUSIVE = 1u << 28;

    // struct epoll_event { u32 events; u64 data; } is packed on x86_64 only (EPOLL_PACKED in linux/eventpoll.h).
    private static int DataOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Bytes of one event in the buffer of <see cref="epoll_wait(SafeHandle, Span{byte}, int, int)"/>.</summary>
    public static int EpollEventSize => DataOffset + 8;

    [LibraryImport("libc", SetLastError = true)]
    public static partial DescriptorHandle epoll_create1(int flags);

    /// <summary>Watches a descriptor for input; <paramref name="data"/> comes back from <see cref="epoll_wait_one"/>.</summary>
    public static int epoll_add_input(DescriptorHandle epoll, SafeHandle fd, long data) => epoll_ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, data);

    /// <summary>epoll_ctl(2) with the events to wait for and the number that comes back with them.</summary>
    public static int epoll_ctl(SafeHandle epoll, int operation, SafeHandle fd, uint events, long data)
    {
        Span<byte> bytes = stackalloc byte[16];
        MemoryMarshal.Write(bytes, events);
        MemoryMarshal.Write(bytes[DataOffset..], data);
        return epoll_ctl(epoll, operation, fd, bytes);
    }

    /// <summary>The event at an index of a filled buffer.</summary>
    public static (uint Events, long Data) ReadEpollEvent(ReadOnlySpan<byte> buffer, int index)
    {
        var one = buffer.Slice(index * EpollEventSize, EpollEventSize);
        return (MemoryMarshal.Read<uint>(one), MemoryMarshal.Read<long>(one[DataOffset..]));
    }

    /// <summary>Stops watching a descriptor.</summary>
    public static int epoll_remove(DescriptorHandle epoll, SafeHandle fd) => epoll_ctl(epoll, EPOLL_CTL_DEL, fd, stackalloc byte[16]);

    /// <summary>Waits without limit for one event.</summary>
    public static int epoll_wait_one(DescriptorHandle epoll, out long data)
    {
        Span<byte> happened = stackalloc byte[16];
        var count = epoll_wait(epoll, happened, 1, -1);
        data = count == 1 ? MemoryMarshal.Read<long>(happened[DataOffset..]) : 0;
        return count;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(SafeHandle epoll, int operation, SafeHandle fd, Span<byte> change);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(SafeHandle epoll, Span<byte> events, int maxEvents, int timeout);
}
