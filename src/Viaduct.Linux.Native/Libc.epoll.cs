using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CLOEXEC = 0x80000;
    public const uint EPOLLIN = 1;

    // struct epoll_event { u32 events; u64 data; } is packed on x86_64 only (EPOLL_PACKED in linux/eventpoll.h).
    private static int DataOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    [LibraryImport("libc", SetLastError = true)]
    public static partial DescriptorHandle epoll_create1(int flags);

    /// <summary>Watches a descriptor for input; <paramref name="data"/> comes back from <see cref="epoll_wait_one"/>.</summary>
    public static int epoll_add_input(DescriptorHandle epoll, SafeHandle fd, long data)
    {
        Span<byte> bytes = stackalloc byte[16];
        MemoryMarshal.Write(bytes, EPOLLIN);
        MemoryMarshal.Write(bytes[DataOffset..], data);
        return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, bytes);
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
    private static partial int epoll_wait(SafeHandle epoll, Span<byte> events, int maxEvents, int timeout);
}
