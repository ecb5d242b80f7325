using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(Span<int> descriptors, int flags);
}
