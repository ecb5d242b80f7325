using System.Diagnostics;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Cluster.Benchmarks.Load;

/// <summary>One client of a <see cref="LoadRun"/>.</summary>
internal sealed class LoadConnection(LoadRun run) : IReady
{
    private const int MessageLength = 64;
    private static readonly byte[] s_message = new byte[MessageLength];

    private InetSocket? _socket;
    private SocketWatch? _watch;
    private bool _isConnected;
    private long _since;
    private int _received;
    private bool _isAnswered;

    public void Connect()
    {
        _since = Stopwatch.GetTimestamp();
        var target = run.Spec.Targets.Next();
        _socket = InetSocket.TryOpen(target, isStream: true, out var errno);
        if (_socket is null)
        {
            run.Fail($"no socket (errno {errno})");
            return;
        }

        _socket.SendAtOnceAndKeepAlive();
        _isConnected = false;
        _watch = run.Loop.Watch(_socket, this);
        _ = _socket.Connect(target);
        _watch.Change(Readiness.Writable);
    }

    /// <summary>Sends a message, over a new connection if each has one.</summary>
    public void Ask()
    {
        if (run.Spec.Reconnects)
        {
            Connect();
            return;
        }

        _since = Stopwatch.GetTimestamp();
        Send();
    }

    public void OnReady(Readiness readiness)
    {
        if (!_isConnected)
            OnConnected();
        else
            OnAnswer();
    }

    public void GiveUp() => Close();

    public void Close()
    {
        _watch?.Dispose();
        _socket?.Dispose();
        (_watch, _socket) = (null, null);
    }

    private void OnConnected()
    {
        if (_socket!.TakeError() is var error and not 0)
        {
            run.Fail($"a connection failed (errno {error})");
            return;
        }

        _isConnected = true;
        _watch!.Change(Readiness.Readable);
        if (run.Spec.Reconnects)
            Send();
        else
            run.OnConnected();
    }

    private void Send()
    {
        _received = 0;
        _socket!.Send(s_message);
    }

    private void OnAnswer()
    {
        var length = _socket!.Receive(run.Loop.Buffer);
        if (length <= 0)
        {
            run.Fail($"a connection ended instead of an answer (errno {-length})");
            return;
        }

        if ((_received += length) < MessageLength)
            return;
        var (since, isFirst) = (_since, !_isAnswered);
        _isAnswered = true;
        if (run.Spec.Reconnects)
            Close();
        if (run.OnAnswer(since, isFirst))
            Ask();
    }
}
