using Viaduct.Linux.Native;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Accepts TCP clients. All loops watch it, and the one that has time takes the client and keeps it.</summary>
internal sealed class TcpListener : IPortListener
{
    private readonly InetSocket socket;
    private readonly Acceptor[] acceptors;

    public TcpListener(SocketPeer proxy, Balancer balancer, IReadOnlyList<RelayLoop> loops)
    {
        socket = InetSocket.Listen(proxy, isStream: true);
        socket.SendAtOnceAndKeepAlive();
        Port = socket.Local.Port;
        acceptors = [.. loops.Select(loop => new Acceptor(socket, balancer, loop))];
        foreach (var acceptor in acceptors)
            acceptor.Start();
    }

    public ushort Port { get; }

    public void OnEndpointsChanged()
    {
        // Connections that there are live on, as in every mode.
    }

    public Task<bool> TakeWaitingAsync() => acceptors[0].TakeWaitingAsync();

    public async Task CloseAsync()
    {
        await Task.WhenAll(acceptors.Select(a => a.StopAsync()));
        socket.Dispose();
    }

    private sealed class Acceptor(InetSocket socket, Balancer balancer, RelayLoop loop) : IReady
    {
        // Then others get their turn.
        private const int AtOnce = 16;

        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
        private SocketWatch? watch;

        public void Start() => loop.Events.Post(() =>
        {
            watch = loop.Events.Watch(socket, this);
            Resume();
        });

        public Task<bool> StopAsync() => loop.Events.InvokeAsync(() =>
        {
            watch?.Change(Readiness.None);
            GiveUp();
            return true;
        });

        public Task<bool> TakeWaitingAsync() => loop.Events.InvokeAsync(() =>
        {
            int errno;
            while ((errno = TakeNext()) is 0 or Errno.EINTR or Errno.ECONNABORTED)
                continue;
            return errno == Errno.EAGAIN;
        });

        public void OnReady(Readiness readiness)
        {
            for (var i = 0; i < AtOnce; i++)
            {
                var errno = TakeNext();
                if (errno == Errno.EAGAIN)
                    return;
                if (errno is not (0 or Errno.EINTR or Errno.ECONNABORTED))
                {
                    // No descriptor or memory is left. The kernel would tell of the waiting client for ever, so look again later.
                    watch!.Change(Readiness.None);
                    loop.Events.After(Pause, Resume);
                    return;
                }
            }
        }

        public void GiveUp()
        {
            watch?.Dispose();
            watch = null;
        }

        private void Resume() => watch?.Change(Readiness.Readable | Readiness.Exclusive);

        // The error if there is no client to take, 0 otherwise.
        private int TakeNext()
        {
            if (socket.TryAccept(out var address, out var errno) is not { } client)
                return errno;
            Take(client, address);
            return 0;
        }

        private void Take(InetSocket client, in SocketPeer address)
        {
            if (loop.Budget.TryTake(2))
                new TcpRelay(loop, client, address, balancer).ConnectNext();
            else
                client.Reset();
        }
    }
}
