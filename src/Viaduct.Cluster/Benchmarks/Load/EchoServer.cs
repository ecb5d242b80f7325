using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Cluster.Benchmarks.Load;

/// <summary>Sends back what it receives, on one port of all addresses of a network namespace; one thread, no allocation per message.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly EventLoop _loop;

    public EchoServer(NetNamespace inside, ushort port)
    {
        // A failure of one connection shows at its client.
        _loop = inside.Run(() => new EventLoop("echo", _ => { }));
        _loop.InvokeAsync(() => new Listener(_loop, InetSocket.Listen(SocketPeer.From([0, 0, 0, 0], port), isStream: true))).GetAwaiter().GetResult();
    }

    public void Dispose() => _loop.Dispose();

    private sealed class Listener : IReady
    {
        private readonly EventLoop _loop;
        private readonly InetSocket _socket;

        public Listener(EventLoop loop, InetSocket socket)
        {
            (_loop, _socket) = (loop, socket);
            socket.SendAtOnceAndKeepAlive();
            loop.Watch(socket, this).Change(Readiness.Readable);
        }

        public void OnReady(Readiness readiness)
        {
            if (_socket.TryAccept(out _, out _) is { } client)
                _ = new Connection(_loop, client);
        }

        public void GiveUp() => _socket.Dispose();
    }

    private sealed class Connection : IReady
    {
        private readonly EventLoop _loop;
        private readonly InetSocket _socket;
        private readonly SocketWatch _watch;

        public Connection(EventLoop loop, InetSocket socket)
        {
            (_loop, _socket) = (loop, socket);
            _watch = loop.Watch(socket, this);
            _watch.Change(Readiness.Readable);
        }

        // A message of the load fits every buffer on its way, so all of it is sent at once.
        public void OnReady(Readiness readiness)
        {
            var length = _socket.Receive(_loop.Buffer);
            if (length > 0)
                _socket.Send(_loop.Buffer.AsSpan(0, length));
            else
                GiveUp();
        }

        public void GiveUp()
        {
            _watch.Dispose();
            _socket.Dispose();
        }
    }
}
