using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Tracing;

/// <summary>
/// Follows threads of other processes from one system call to the next: ptrace(2). Everything is done on one thread, which must end afterwards: the kernel
/// knows the tracer by its thread, and kills what that still traces when it ends.
/// </summary>
public sealed class ThreadTracer(bool followsChildren)
{
    private const int SyscallStop = Libc.SIGTRAP | 0x80;

    private readonly nint _options = Libc.PTRACE_O_TRACESYSGOOD | Libc.PTRACE_O_EXITKILL
        | (followsChildren ? Libc.PTRACE_O_TRACEFORK | Libc.PTRACE_O_TRACEVFORK | Libc.PTRACE_O_TRACECLONE : 0);

    private readonly int _owner = Environment.CurrentManagedThreadId;

    /// <summary>Begins to trace a thread and stops it; the stop is told by <see cref="Next()"/>.</summary>
    public void Attach(int thread)
    {
        CheckThread();
        LinuxException.ThrowIfFailed(
            (int)Libc.ptrace(Libc.PTRACE_SEIZE, thread, 0, _options), $"tracing process {thread}", "kernel.yama.ptrace_scope must be below 2, and no other tracer may have it.");
        LinuxException.ThrowIfFailed((int)Libc.ptrace(Libc.PTRACE_INTERRUPT, thread, 0, 0), $"stopping process {thread}");
    }

    /// <summary>Waits until any of the traced threads stops.</summary>
    public (int Thread, TraceStop Why) Next() => Wait(Libc.P_ALL, 0);

    /// <summary>Waits until one of them stops; others wait meanwhile.</summary>
    public TraceStop Next(int thread) => Wait(Libc.P_PID, thread).Why;

    /// <summary>Lets a stopped thread go on to the next system call's beginning or end.</summary>
    public void Resume(int thread, TraceStop from)
    {
        CheckThread();
        LinuxException.ThrowIfFailed((int)Libc.ptrace(Libc.PTRACE_SYSCALL, thread, 0, from is TraceStop.Signalled signal ? signal.Signal : 0), $"resuming process {thread}");
    }

    /// <summary>Lets a stopped thread go for good.</summary>
    public void Release(int thread)
    {
        CheckThread();
        LinuxException.ThrowIfFailed((int)Libc.ptrace(Libc.PTRACE_DETACH, thread, 0, 0), $"ending the trace of process {thread}");
    }

    private void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _owner)
            throw new InvalidOperationException("A tracer belongs to the thread that made it; the kernel would not know another one.");
    }

    // __WNOTHREAD: only what this thread traces; the process's children belong to others. An end is never waited for, so that it stays theirs to reap.
    private (int Thread, TraceStop Why) Wait(int idType, int id)
    {
        CheckThread();
        siginfo_t info;
        while (Libc.waitid(idType, id, out info, Libc.WSTOPPED | Libc.WALL | Libc.WNOTHREAD) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw LinuxException.Last("waiting for a traced process");
        }

        return (info.si_pid, Why(info.si_pid, info.si_status));
    }

    // si_status: the signal, and above it the event (ptrace(2), PTRACE_EVENT stops).
    private static TraceStop Why(int thread, int status)
    {
        if (status == SyscallStop)
            return SystemCall(thread);
        return (status >> 8) switch
        {
            Libc.PTRACE_EVENT_FORK or Libc.PTRACE_EVENT_VFORK or Libc.PTRACE_EVENT_CLONE => new TraceStop.Forked(EventMessage(thread)),
            Libc.PTRACE_EVENT_STOP => new TraceStop.Paused(),
            _ => new TraceStop.Signalled(status & 0x7f),
        };
    }

    private static int EventMessage(int thread)
    {
        LinuxException.ThrowIfFailed((int)Libc.ptrace_number(Libc.PTRACE_GETEVENTMSG, thread, 0, out var message), $"asking for the event of process {thread}");
        return (int)message;
    }

    private static TraceStop SystemCall(int thread)
    {
        if (Libc.ptrace_info(Libc.PTRACE_GET_SYSCALL_INFO, thread, ptrace_syscall_info.Size, out var info) >= 0)
            return info.op == Libc.PTRACE_SYSCALL_INFO_ENTRY ? new TraceStop.Entry((int)info.nr, info.arg0, info.arg1) : new TraceStop.Exit(info.rval);
        var failure = LinuxException.Last($"asking for the system call of process {thread}", "The kernel must tell of system calls: PTRACE_GET_SYSCALL_INFO, Linux 5.3 on most architectures.");
        return failure.Errno == Errno.EIO && RuntimeInformation.ProcessArchitecture == Architecture.X64 ? FromRegisters(thread) : throw failure;
    }

    // Elder kernels and user-mode Linux do not know that question. A call begins with the result ENOSYS in its place (arch/x86/entry/entry_64.S, arch/um/kernel/skas/syscall.c);
    // one that ends so, because the kernel does not have it, is taken for another beginning.
    private static TraceStop FromRegisters(int thread)
    {
        LinuxException.ThrowIfFailed((int)Libc.ptrace_registers(Libc.PTRACE_GETREGS, thread, 0, out var registers), $"asking for the registers of process {thread}");
        return registers.rax == -Errno.ENOSYS ? new TraceStop.Entry((int)registers.orig_rax, registers.rdi, registers.rsi) : new TraceStop.Exit(registers.rax);
    }
}
