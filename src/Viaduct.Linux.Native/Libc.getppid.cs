using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    /// <summary>The shortest way into the kernel and back: libc keeps no copy of the answer.</summary>
    [LibraryImport("libc")]
    [SuppressGCTransition]
    public static partial int getppid();
}
