using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>struct ptrace_syscall_info (linux/ptrace.h) as far as a number, two arguments and a result; the union begins at 24.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct ptrace_syscall_info
{
    public const int Size = 88;

    [FieldOffset(0)]
    public byte op;
    [FieldOffset(24)]
    public ulong nr;
    [FieldOffset(24)]
    public long rval;
    [FieldOffset(32)]
    public ulong arg0;
    [FieldOffset(40)]
    public ulong arg1;
}

/// <summary>struct user_regs_struct of x86-64 (asm/user_64.h): what a system call is made of.</summary>
[StructLayout(LayoutKind.Explicit, Size = 27 * sizeof(ulong))]
public struct user_regs_struct
{
    [FieldOffset(80)]
    public long rax;
    [FieldOffset(104)]
    public ulong rsi;
    [FieldOffset(112)]
    public ulong rdi;
    [FieldOffset(120)]
    public ulong orig_rax;
}

public static partial class Libc
{
    public const nint PTRACE_CONT = 7, PTRACE_GETREGS = 12, PTRACE_DETACH = 17, PTRACE_SYSCALL = 24, PTRACE_GETEVENTMSG = 0x4201, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207, PTRACE_GET_SYSCALL_INFO = 0x420e;
    public const nint PTRACE_O_TRACESYSGOOD = 1, PTRACE_O_TRACEFORK = 2, PTRACE_O_TRACEVFORK = 4, PTRACE_O_TRACECLONE = 8, PTRACE_O_EXITKILL = 0x100000;
    public const int PTRACE_EVENT_FORK = 1, PTRACE_EVENT_VFORK = 2, PTRACE_EVENT_CLONE = 3, PTRACE_EVENT_STOP = 128;
    public const byte PTRACE_SYSCALL_INFO_ENTRY = 1, PTRACE_SYSCALL_INFO_EXIT = 2;
    public const int SIGTRAP = 5;

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint ptrace(nint request, int id, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint ptrace_number(nint request, int id, nint address, out nuint data);

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint ptrace_info(nint request, int id, nint size, out ptrace_syscall_info data);

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    public static partial nint ptrace_registers(nint request, int id, nint address, out user_regs_struct data);
}
