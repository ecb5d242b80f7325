using Viaduct.Linux.Native;
using Viaduct.Linux.Sockets;

namespace Viaduct.Linux.Polling;

/// <summary>A socket that an <see cref="EventLoop"/> watches. To be used on the loop's thread only; end it before the socket is closed.</summary>
public sealed class SocketWatch : IDisposable
{
    private readonly EventLoop loop;
    private readonly InetSocket socket;
    private Readiness watched;

    internal SocketWatch(EventLoop loop, InetSocket socket, IReady owner)
    {
        this.loop = loop;
        this.socket = socket;
        Slot = loop.Slots.Add(owner);
    }

    internal int Slot { get; }

    /// <summary>
    /// Changes what is watched for. Nothing takes the socket out of the loop altogether, as the kernel would otherwise go on telling of errors and hang-ups.
    /// </summary>
    public void Change(Readiness wanted)
    {
        if (wanted == watched)
            return;
        var operation = watched == Readiness.None ? Libc.EPOLL_CTL_ADD : wanted == Readiness.None ? Libc.EPOLL_CTL_DEL : Libc.EPOLL_CTL_MOD;
        LinuxException.ThrowIfFailed(Libc.epoll_ctl(loop.Epoll, operation, socket.Handle, (uint)wanted, Slot), "watching a socket");
        watched = wanted;
    }

    /// <summary>Watches no longer. What the kernel told already, and was not handled yet, is forgotten.</summary>
    public void Dispose()
    {
        // Closing the descriptor takes it out of the loop by itself (epoll(7)), unless another process has it, which none does.
        loop.Slots.Remove(Slot);
    }
}
