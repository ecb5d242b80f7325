using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeHandle fd, Span<byte> buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeHandle fd, ReadOnlySpan<byte> buffer, nuint count);
}
