using Viaduct.Linux.Native;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// Takes the datagrams of UDP clients and gives each client a session: a socket of its own to an endpoint, so that answers find back. One loop has all
/// of a listener's sessions.
/// </summary>
internal sealed class UdpListener : IPortListener, IReady
{
    // Of one listener. When more clients come, the one that was silent for longest makes room.
    private const int MaxSessions = 8192;

    // Then others get their turn.
    private const int DatagramsAtOnce = 64;

    private readonly InetSocket socket;
    private readonly RelayLoop loop;
    private readonly Balancer balancer;
    private readonly TimeSpan timeout;
    private readonly Dictionary<SocketPeer, UdpSession> sessions = [];
    // The one that was silent for longest comes first.
    private readonly LinkedList<UdpSession> bySilence = [];
    private readonly LoopTimer silence;
    private SocketWatch? watch;

    public UdpListener(SocketPeer proxy, Balancer balancer, RelayLoop loop, TimeSpan timeout)
    {
        (this.balancer, this.loop, this.timeout) = (balancer, loop, timeout);
        silence = new LoopTimer(loop.Events, EndSilent);
        socket = InetSocket.Listen(proxy, isStream: false);
        Port = socket.Local.Port;
        loop.Events.Post(() =>
        {
            watch = loop.Events.Watch(socket, this);
            watch.Change(Readiness.Readable);
        });
    }

    public ushort Port { get; }

    // Datagrams are no promise.
    public Task<bool> TakeWaitingAsync() => Task.FromResult(true);

    public void OnEndpointsChanged() => loop.Events.Post(() =>
    {
        foreach (var session in sessions.Values.Where(s => !balancer.Has(s.Endpoint)).ToArray())
            End(session);
    });

    public Task CloseAsync() => loop.Events.InvokeAsync(() =>
    {
        GiveUp();
        return true;
    });

    public void OnReady(Readiness readiness)
    {
        for (var i = 0; i < DatagramsAtOnce; i++)
        {
            var length = socket.ReceiveFrom(loop.Events.Buffer, out var client);
            if (length == -Errno.EAGAIN)
                return;
            if (length >= 0 && (sessions.GetValueOrDefault(client) ?? Begin(client)) is { } session)
                session.Send(loop.Events.Buffer.AsSpan(0, length));
        }
    }

    public void GiveUp()
    {
        if (watch is null)
            return;
        foreach (var session in sessions.Values.ToArray())
            End(session);
        watch.Dispose();
        watch = null;
        socket.Dispose();
    }

    /// <summary>Hands an answer to the client. One that does not fit is lost, as datagrams are.</summary>
    public void Answer(UdpSession session, ReadOnlySpan<byte> datagram) => _ = socket.SendTo(datagram, session.Client);

    /// <summary>Something was sent or received.</summary>
    public void Touch(UdpSession session)
    {
        session.LastUse = Environment.TickCount64;
        if (bySilence.Last == session.Place)
            return;
        bySilence.Remove(session.Place);
        bySilence.AddLast(session.Place);
    }

    /// <summary>The endpoint refused: the client's next datagram begins a session with another.</summary>
    public void OnRefused(UdpSession session)
    {
        balancer.Affinity.Forget(session.Client, session.Endpoint);
        End(session);
    }

    public void End(UdpSession session)
    {
        if (!sessions.Remove(session.Client))
            return;
        bySilence.Remove(session.Place);
        session.Close();
        loop.Budget.Return(1);
        loop.Sessions--;
    }

    private UdpSession? Begin(in SocketPeer client)
    {
        if (sessions.Count >= MaxSessions && bySilence.First is { } silent)
            End(silent.Value);
        if (!loop.Budget.TryTake(1))
            return null;
        if (UdpSession.TryOpen(this, loop.Events, client, balancer.OrderFor(client)) is not { } session)
        {
            loop.Budget.Return(1);
            return null;
        }

        balancer.Affinity.Remember(client, session.Endpoint);
        sessions.Add(client, session);
        bySilence.AddLast(session.Place);
        loop.Sessions++;
        session.LastUse = Environment.TickCount64;
        silence.Start(timeout);
        return session;
    }

    private void EndSilent()
    {
        var now = Environment.TickCount64;
        while (bySilence.First is { } silent && silent.Value.LastUse + timeout.TotalMilliseconds <= now)
            End(silent.Value);
        if (bySilence.First is { } next)
            silence.Start(TimeSpan.FromMilliseconds(next.Value.LastUse + timeout.TotalMilliseconds - now));
    }
}
