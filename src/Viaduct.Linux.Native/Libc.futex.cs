using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    public const int FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129;

    private static readonly nint s_futex = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;

    /// <summary>futex(2) without a time limit; libc has no function for it. The word must not move: it is waited for by its address.</summary>
    public static int futex(ref int word, int operation, int value) => (int)syscall(s_futex, ref word, operation, value, 0, 0, 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, ref int word, nint operation, nint value, nint timeout, nint second, nint third);
}
