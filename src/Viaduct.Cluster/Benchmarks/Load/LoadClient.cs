using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Polling;
using Viaduct.Linux.Sockets;

namespace Viaduct.Cluster.Benchmarks.Load;

/// <summary>Asks an <see cref="EchoServer"/> from one thread of a network namespace: each connection sends a message when the one before was answered.</summary>
internal sealed class LoadClient(NetNamespace inside) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly EventLoop _loop = inside.Run(() => new EventLoop("load", _ => { }));

    public void Dispose() => _loop.Dispose();

    /// <summary>Asks for a time and returns what was answered in it.</summary>
    /// <exception cref="ClusterException">A connection failed or an answer did not come.</exception>
    public async Task<LoadResult> RunAsync(LoadSpec spec, Action? began = null)
    {
        var run = new LoadRun(_loop, spec);
        _loop.Post(run.Connect);
        try
        {
            await run.Connected.WaitAsync(Patience);
            began?.Invoke();
            _loop.Post(run.Begin);
            return await run.Done.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new ClusterException($"{spec.Name}: no answer within {Patience.TotalSeconds} s; the benchmark has ended.");
        }
    }
}

/// <summary>A load.</summary>
/// <param name="Name">Of the way, for messages.</param>
/// <param name="Targets">Whom to connect to, one after the other.</param>
/// <param name="Connections">How many at a time.</param>
/// <param name="Time">For how long.</param>
/// <param name="Reconnects">Whether each message has a connection of its own.</param>
internal sealed record LoadSpec(string Name, TargetsInTurn Targets, int Connections, TimeSpan Time, bool Reconnects)
{
    /// <summary>Goes on after the time until every connection has had an answer.</summary>
    public bool UntilAllAnswered { get; init; }
}

/// <summary>What was answered.</summary>
/// <param name="Answers">How many.</param>
/// <param name="Time">In how long.</param>
/// <param name="Microseconds">How long each took: from the message, or from the begin of connecting.</param>
/// <param name="AnsweredConnections">How many of the connections had an answer.</param>
internal sealed record LoadResult(int Answers, TimeSpan Time, IReadOnlyList<float> Microseconds, int AnsweredConnections)
{
    public double PerSecond => Answers / Time.TotalSeconds;
}

/// <summary>Goes on where it was, so that all targets have their turn over many short loads.</summary>
internal sealed class TargetsInTurn(IReadOnlyList<SocketPeer> targets)
{
    private int _turn;

    public SocketPeer Next() => targets[_turn++ % targets.Count];
}
