using System.Runtime.InteropServices;

namespace Viaduct.Linux.Tracing;

/// <summary>Names of system calls that matter to processes, files and sockets.</summary>
public static class SystemCallNames
{
    // x86-64: arch/x86/entry/syscalls/syscall_64.tbl; others (arm64): scripts/syscall.tbl.
    private static readonly (string Name, int X64, int Generic)[] s_calls =
    [
        ("read", 0, 63), ("write", 1, 64), ("close", 3, 57), ("poll", 7, -1), ("mmap", 9, 222), ("munmap", 11, 215), ("rt_sigaction", 13, 134), ("rt_sigprocmask", 14, 135),
        ("readv", 19, 65), ("writev", 20, 66), ("sched_yield", 24, 124), ("madvise", 28, 233), ("getpid", 39, 172), ("socket", 41, 198), ("connect", 42, 203), ("accept", 43, 202),
        ("sendto", 44, 206), ("recvfrom", 45, 207), ("sendmsg", 46, 211), ("recvmsg", 47, 212), ("shutdown", 48, 210), ("bind", 49, 200), ("getsockname", 51, 204), ("getpeername", 52, 205),
        ("setsockopt", 54, 208), ("getsockopt", 55, 209), ("clone", 56, 220), ("fork", 57, -1), ("vfork", 58, -1), ("execve", 59, 221), ("exit", 60, 93), ("wait4", 61, 260),
        ("kill", 62, 129), ("fcntl", 72, 25), ("getppid", 110, 173), ("futex", 202, 98), ("clock_gettime", 228, 113), ("exit_group", 231, 94), ("epoll_wait", 232, -1), ("epoll_ctl", 233, 21), ("waitid", 247, 95),
        ("splice", 275, 76), ("epoll_pwait", 281, 22), ("accept4", 288, 242), ("pipe2", 293, 59), ("clone3", 435, 435),
    ];

    private static readonly Dictionary<int, string> s_names = s_calls
        .Select(c => (c.Name, Number: RuntimeInformation.ProcessArchitecture == Architecture.X64 ? c.X64 : c.Generic)).Where(c => c.Number >= 0).ToDictionary(c => c.Number, c => c.Name);

    /// <summary>The name of a call, or its number in words.</summary>
    public static string Of(int number) => s_names.GetValueOrDefault(number, $"system call {number}");
}
