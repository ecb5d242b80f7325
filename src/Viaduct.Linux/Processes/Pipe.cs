using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>Pipes between processes.</summary>
public static class Pipe
{
    /// <summary>Makes a pipe; neither end passes to children by itself (O_CLOEXEC).</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Create()
    {
        Span<int> ends = stackalloc int[2];
        LinuxException.ThrowIfFailed(Libc.pipe2(ends, Libc.O_CLOEXEC), "creating a pipe");
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }
}
