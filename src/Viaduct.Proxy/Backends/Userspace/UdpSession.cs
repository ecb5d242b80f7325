using Viaduct.Linux.Native;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>What a UDP client and its endpoint say to each other, until both are silent for the time-out.</summary>
internal sealed class UdpSession : IReady
{
    private const int DatagramsAtOnce = 64;
    private readonly UdpListener listener;
    private readonly EventLoop loop;
    private readonly InetSocket socket;
    private readonly SocketWatch watch;

    private UdpSession(UdpListener listener, EventLoop loop, in SocketPeer client, in SocketPeer endpoint, InetSocket socket)
    {
        (this.listener, this.loop, this.socket) = (listener, loop, socket);
        (Client, Endpoint) = (client, endpoint);
        Place = new LinkedListNode<UdpSession>(this);
        watch = loop.Watch(socket, this);
        watch.Change(Readiness.Readable);
    }

    public SocketPeer Client { get; }

    public SocketPeer Endpoint { get; }

    /// <summary>Its place in the order of silence.</summary>
    public LinkedListNode<UdpSession> Place { get; }

    public long LastUse { get; set; }

    /// <summary>With the first endpoint that there is a way to; null if there is none.</summary>
    public static UdpSession? TryOpen(UdpListener listener, EventLoop loop, in SocketPeer client, EndpointOrder order)
    {
        while (order.TryNext(out var endpoint))
        {
            if (InetSocket.TryOpen(endpoint, isStream: false, out _) is not { } socket)
                return null;
            if (socket.Connect(endpoint) == 0)
                return new UdpSession(listener, loop, client, endpoint, socket);
            socket.Dispose();
        }

        return null;
    }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        // The kernel tells of an endpoint's refusal (ICMP port unreachable) at the next call.
        if (socket.Send(datagram) == -Errno.ECONNREFUSED)
            listener.OnRefused(this);
        else
            listener.Touch(this);
    }

    public void OnReady(Readiness readiness)
    {
        for (var i = 0; i < DatagramsAtOnce; i++)
        {
            var length = socket.Receive(loop.Buffer);
            if (length == -Errno.EAGAIN)
                break;
            if (length == -Errno.ECONNREFUSED)
            {
                listener.OnRefused(this);
                return;
            }

            if (length >= 0)
                listener.Answer(this, loop.Buffer.AsSpan(0, length));
        }

        listener.Touch(this);
    }

    public void GiveUp() => listener.End(this);

    public void Close()
    {
        watch.Dispose();
        socket.Dispose();
    }
}
