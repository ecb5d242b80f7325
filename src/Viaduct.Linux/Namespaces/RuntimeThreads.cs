using System.Net.Sockets;
using Viaduct.Linux.Processes;

namespace Viaduct.Linux.Namespaces;

/// <summary>
/// Threads that last as long as the process: those of the runtime for timers, sockets and its pool, and the one that waits for children. Each is made when it
/// is first needed and stands in the network namespace of whoever needed it (clone(2)), and so does each further thread of the pool that one of these asks
/// for. Made inside <see cref="NetNamespace.Run{T}(Func{T})"/> they would hold that namespace, and sockets opened later by whatever code would be in it.
/// </summary>
public static class RuntimeThreads
{
    /// <summary>Makes them in the caller's network namespace, as far as they are not there yet. For a program's first lines.</summary>
    public static void StartHere()
    {
        ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);
        using var timer = new Timer(static _ => { }, null, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);
        WaitForPacket();
        ExitWatcher.Shared.StartThread();
    }

    // None comes; only waiting starts the thread for sockets.
    private static void WaitForPacket()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _ = socket.ReceiveAsync(new byte[1]).ContinueWith(static t => t.Exception, TaskScheduler.Default);
    }
}
