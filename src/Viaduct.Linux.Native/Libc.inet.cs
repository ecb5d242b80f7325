using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <content>Internet sockets; addresses are struct sockaddr_in or sockaddr_in6 in bytes.</content>
public static partial class Libc
{
    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0x800;
    public const int IPPROTO_TCP = 6, TCP_NODELAY = 1;
    public const int SO_ERROR = 4, SO_KEEPALIVE = 9, SO_LINGER = 13;
    public const int SHUT_WR = 1;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(SafeHandle fd, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(SafeHandle fd, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int listen(SafeHandle fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    public static partial DescriptorHandle accept4(SafeHandle fd, Span<byte> address, ref uint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockname(SafeHandle fd, Span<byte> address, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockopt(SafeHandle fd, int level, int name, out int value, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setsockopt(SafeHandle fd, int level, int name, ReadOnlySpan<int> value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int shutdown(SafeHandle fd, int how);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvfrom(SafeHandle fd, Span<byte> buffer, nuint length, int flags, Span<byte> address, ref uint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendto(SafeHandle fd, ReadOnlySpan<byte> buffer, nuint length, int flags, ReadOnlySpan<byte> address, uint addressLength);
}
