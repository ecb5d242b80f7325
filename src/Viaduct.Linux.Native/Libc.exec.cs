using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static unsafe partial class Libc
{
    /// <summary>execv(3): this process becomes another program, with the same environment. Returns only when that failed.</summary>
    public static int execv(string path, NativeStringArray arguments) => execv(path, arguments.Pointers);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, byte** arguments);
}
