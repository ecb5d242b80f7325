using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Sockets;

/// <summary>
/// A TCP or UDP socket that never waits, for use with a <see cref="Polling.EventLoop"/>. It belongs to the network namespace of the thread that opened it.
/// What may fail in normal use returns a negative error number instead of throwing.
/// </summary>
public sealed class InetSocket : IDisposable
{
    private InetSocket(DescriptorHandle handle) => Handle = handle;

    internal DescriptorHandle Handle { get; }

    /// <summary>Opens a socket for a peer's family; null if it could not be opened, with the positive error number.</summary>
    public static InetSocket? TryOpen(in SocketPeer peer, bool isStream, out int errno)
    {
        var type = (isStream ? Libc.SOCK_STREAM : Libc.SOCK_DGRAM) | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
        return Wrap(Libc.socket(peer.Domain, type, 0), out errno);
    }

    /// <summary>Opens a socket on a local address; port 0 takes one that is free. A TCP socket listens.</summary>
    public static InetSocket Listen(in SocketPeer local, bool isStream, int backlog = 4096)
    {
        var socket = TryOpen(local, isStream, out var errno) ?? throw new LinuxException($"opening a socket for {local}", errno);
        try
        {
            Span<byte> buffer = stackalloc byte[SocketPeer.MaxLength];
            var address = local.Write(buffer);
            LinuxException.ThrowIfFailed(Libc.bind(socket.Handle, address, (uint)address.Length), $"binding a socket to {local}");
            if (isStream)
                LinuxException.ThrowIfFailed(Libc.listen(socket.Handle, backlog), $"listening on {local}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The local address.</summary>
    public SocketPeer Local
    {
        get
        {
            Span<byte> buffer = stackalloc byte[SocketPeer.MaxLength];
            var length = (uint)buffer.Length;
            LinuxException.ThrowIfFailed(Libc.getsockname(Handle, buffer, ref length), "asking for a socket's address");
            return SocketPeer.Read(buffer);
        }
    }

    /// <summary>Takes the next connection of a listening socket; null if there is none or it failed, with the positive error number.</summary>
    public InetSocket? TryAccept(out SocketPeer peer, out int errno)
    {
        Span<byte> buffer = stackalloc byte[SocketPeer.MaxLength];
        var length = (uint)buffer.Length;
        var accepted = Wrap(Libc.accept4(Handle, buffer, ref length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC), out errno);
        peer = accepted is null ? default : SocketPeer.Read(buffer);
        return accepted;
    }

    /// <summary>Begins to connect, and completes at once for UDP. 0, or a negative error number; -EINPROGRESS: it becomes writable when it is decided.</summary>
    public int Connect(in SocketPeer peer)
    {
        Span<byte> buffer = stackalloc byte[SocketPeer.MaxLength];
        var address = peer.Write(buffer);
        return Libc.connect(Handle, address, (uint)address.Length) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    /// <summary>The positive error number that waits on the socket, which is thereby cleared; 0 is none.</summary>
    public int TakeError()
    {
        uint length = sizeof(int);
        return Libc.getsockopt(Handle, Libc.SOL_SOCKET, Libc.SO_ERROR, out var error, ref length) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends small pieces at once (TCP_NODELAY) and notices in time that the peer's host is gone (SO_KEEPALIVE). Accepted sockets take both from the one that listens.</summary>
    public void SendAtOnceAndKeepAlive()
    {
        const uint Length = sizeof(int);
        Libc.setsockopt(Handle, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1, Length);
        Libc.setsockopt(Handle, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1, Length);
    }

    /// <summary>Bytes received, 0 at the end of the stream, or a negative error number.</summary>
    public int Receive(Span<byte> buffer) => Result(Libc.recv(Handle, buffer, (nuint)buffer.Length, 0));

    /// <summary>Bytes sent, or a negative error number.</summary>
    public int Send(ReadOnlySpan<byte> data) => Result(Libc.send(Handle, data, (nuint)data.Length, Libc.MSG_NOSIGNAL));

    /// <summary>Receives a datagram: its length, or a negative error number.</summary>
    public int ReceiveFrom(Span<byte> buffer, out SocketPeer peer)
    {
        Span<byte> address = stackalloc byte[SocketPeer.MaxLength];
        var addressLength = (uint)address.Length;
        var length = Result(Libc.recvfrom(Handle, buffer, (nuint)buffer.Length, 0, address, ref addressLength));
        peer = length < 0 ? default : SocketPeer.Read(address);
        return length;
    }

    /// <summary>Sends a datagram: its length, or a negative error number.</summary>
    public int SendTo(ReadOnlySpan<byte> datagram, in SocketPeer peer)
    {
        Span<byte> buffer = stackalloc byte[SocketPeer.MaxLength];
        var address = peer.Write(buffer);
        return Result(Libc.sendto(Handle, datagram, (nuint)datagram.Length, Libc.MSG_NOSIGNAL, address, (uint)address.Length));
    }

    /// <summary>Tells a TCP peer that nothing more comes; it may go on sending.</summary>
    public void ShutdownSend() => _ = Libc.shutdown(Handle, Libc.SHUT_WR);

    /// <summary>Closes so that a TCP peer sees a reset: what was not delivered is lost, and it shall know.</summary>
    public void Reset()
    {
        // struct linger { int l_onoff; int l_linger; }: on, and no time.
        Libc.setsockopt(Handle, Libc.SOL_SOCKET, Libc.SO_LINGER, [1, 0], 2 * sizeof(int));
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static InetSocket? Wrap(DescriptorHandle handle, out int errno)
    {
        errno = 0;
        if (!handle.IsInvalid)
            return new InetSocket(handle);
        errno = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return null;
    }

    private static int Result(nint length) => length >= 0 ? (int)length : -Marshal.GetLastPInvokeError();
}
