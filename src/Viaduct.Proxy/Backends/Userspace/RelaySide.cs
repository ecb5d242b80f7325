using System.Buffers;
using Viaduct.Linux.Native;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>One end of a <see cref="TcpRelay"/>: what it says goes to <see cref="Other"/>, and what that one said and it does not take yet waits here.</summary>
internal sealed class RelaySide : IReady
{
    private readonly TcpRelay relay;
    private readonly EventLoop loop;
    private readonly SocketWatch watch;
    private byte[]? waiting;
    private int waitingFrom, waitingTo;
    private bool hasEnded;

    public RelaySide(TcpRelay relay, EventLoop loop, InetSocket socket)
    {
        this.relay = relay;
        this.loop = loop;
        Socket = socket;
        watch = loop.Watch(socket, this);
    }

    public InetSocket Socket { get; }

    public RelaySide Other { get; set; } = null!;

    /// <summary>It said everything, and the other end was told so.</summary>
    public bool IsDone => hasEnded && Other.waiting is null;

    // While something waits at the other end nothing is read here: the kernel's buffer fills and the sender has to wait.
    private bool MayRead => !hasEnded && Other.waiting is null;

    /// <summary>Watches for the end of a connection attempt.</summary>
    public void WatchForDecision() => watch.Change(Readiness.Writable);

    public void UpdateWatch() => watch.Change((MayRead ? Readiness.Readable : 0) | (waiting is not null ? Readiness.Writable : 0));

    public void OnReady(Readiness readiness)
    {
        const Readiness Bad = Readiness.Error | Readiness.HungUp;
        if (!relay.IsEstablished)
        {
            relay.OnDecided((readiness & Bad) != 0);
            return;
        }

        // An error is what reading says after the last bytes; who does not read must be told here, or the kernel would tell for ever.
        if ((readiness & Bad) != 0 && !MayRead)
        {
            relay.Reset();
            return;
        }

        if ((readiness & Readiness.Writable) != 0 && !Flush())
            return;
        if ((readiness & ~Readiness.Writable) != 0 && MayRead && !Copy())
            return;
        relay.UpdateWatches();
    }

    public void GiveUp() => relay.Reset();

    /// <summary>Hands what the socket has to the other end; false when the relay ended with it.</summary>
    public bool Copy()
    {
        var length = Socket.Receive(loop.Buffer);
        if (length > 0)
            return Other.Send(loop.Buffer.AsSpan(0, length));
        if (length is -Errno.EAGAIN or -Errno.EINTR)
            return true;
        if (length < 0)
        {
            relay.Reset();
            return false;
        }

        hasEnded = true;
        return Other.waiting is not null || Other.TellEnd();
    }

    public void Close()
    {
        Forget();
        Socket.Dispose();
    }

    public void Reset()
    {
        Forget();
        Socket.Reset();
    }

    private bool Send(ReadOnlySpan<byte> data)
    {
        var sent = Socket.Send(data);
        if (sent == data.Length)
            return true;
        if (sent < 0 && sent is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            relay.Reset();
            return false;
        }

        var rest = data[Math.Max(sent, 0)..];
        waiting = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(waiting);
        (waitingFrom, waitingTo) = (0, rest.Length);
        return true;
    }

    private bool Flush()
    {
        if (waiting is null)
            return true;
        var sent = Socket.Send(waiting.AsSpan(waitingFrom, waitingTo - waitingFrom));
        if (sent < 0 && sent is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            relay.Reset();
            return false;
        }

        waitingFrom += Math.Max(sent, 0);
        if (waitingFrom < waitingTo)
            return true;
        DropWaiting();
        return !Other.hasEnded || TellEnd();
    }

    private bool TellEnd()
    {
        Socket.ShutdownSend();
        return relay.EndIfDone();
    }

    private void Forget()
    {
        watch.Dispose();
        DropWaiting();
    }

    private void DropWaiting()
    {
        if (waiting is not null)
            ArrayPool<byte>.Shared.Return(waiting);
        waiting = null;
    }
}
