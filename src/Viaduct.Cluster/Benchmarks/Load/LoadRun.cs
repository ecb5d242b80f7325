using System.Diagnostics;
using Viaduct.Linux.Polling;

namespace Viaduct.Cluster.Benchmarks.Load;

/// <summary>One load, on its loop's thread: first all connections are made, then the time begins.</summary>
internal sealed class LoadRun(EventLoop loop, LoadSpec spec)
{
    // More would overflow the listener's queue, and wait for a second.
    private const int ConnectingAtOnce = 256;

    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LoadResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<LoadConnection> _connections = [];
    private readonly List<float> _microseconds = new(1 << 16);
    private long _began, _until;
    private int _connectedCount, _answeredCount;

    public EventLoop Loop => loop;

    public LoadSpec Spec => spec;

    public Task Connected => _connected.Task;

    public Task<LoadResult> Done => _done.Task;

    public void Connect()
    {
        _connections.AddRange(Enumerable.Range(0, spec.Connections).Select(_ => new LoadConnection(this)));
        if (spec.Reconnects)
            _connected.TrySetResult();
        else
            _connections.Take(ConnectingAtOnce).ToList().ForEach(c => c.Connect());
    }

    public void Begin()
    {
        _began = Stopwatch.GetTimestamp();
        _until = _began + (long)(spec.Time.TotalSeconds * Stopwatch.Frequency);
        foreach (var connection in _connections)
            connection.Ask();
    }

    public void OnConnected()
    {
        if (++_connectedCount == _connections.Count)
            _connected.TrySetResult();
        else if (_connectedCount + ConnectingAtOnce - 1 is var next && next < _connections.Count)
            _connections[next].Connect();
    }

    /// <summary>An answer has come, to the first or a later question of a client; false when the time is over.</summary>
    public bool OnAnswer(long since, bool isFirst)
    {
        var now = Stopwatch.GetTimestamp();
        if (_done.Task.IsCompleted)
            return false;
        _answeredCount += isFirst ? 1 : 0;
        _microseconds.Add((float)((now - since) * 1e6 / Stopwatch.Frequency));
        if (now < _until || (spec.UntilAllAnswered && _answeredCount < _connections.Count))
            return true;
        End();
        _done.TrySetResult(new LoadResult(_microseconds.Count, Stopwatch.GetElapsedTime(_began, now), _microseconds, _answeredCount));
        return false;
    }

    public void Fail(string what)
    {
        if (_done.Task.IsCompleted)
            return;
        var failure = new ClusterException($"{spec.Name}: {what}; the benchmark has ended.");
        End();
        _done.TrySetException(failure);
        _connected.TrySetException(failure);
    }

    private void End()
    {
        foreach (var connection in _connections)
            connection.Close();
    }
}
