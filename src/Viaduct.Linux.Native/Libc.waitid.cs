using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>The part of siginfo_t that waitid(2) fills, on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct siginfo_t
{
    [FieldOffset(0)]
    public int si_signo;
    [FieldOffset(8)]
    public int si_code;
    [FieldOffset(16)]
    public int si_pid;
    [FieldOffset(24)]
    public int si_status;
}

public static partial class Libc
{
    public const int P_ALL = 0, P_PID = 1;
    public const int WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WNOWAIT = 0x01000000, WNOTHREAD = 0x20000000, WALL = 0x40000000;
    public const int CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int idType, int id, out siginfo_t info, int options);

    public const int SIGKILL = 9, SIGTERM = 15;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);
}
