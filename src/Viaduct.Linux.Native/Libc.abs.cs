using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    /// <summary>A function of libc that never enters the kernel.</summary>
    [LibraryImport("libc")]
    [SuppressGCTransition]
    public static partial int abs(int value);
}
