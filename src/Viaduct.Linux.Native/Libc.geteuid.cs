using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    [LibraryImport("libc")]
    public static partial uint geteuid();
}
