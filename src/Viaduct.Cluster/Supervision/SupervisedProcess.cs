using Microsoft.Extensions.Logging;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Supervision;

/// <summary>Keeps one process of the cluster running: starts it, notices its end, starts it again with a growing delay.</summary>
public sealed class SupervisedProcess(string name, Func<ChildProcess> start, ILogger log)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>A process that lived this long is taken as healthy: the next delay starts small again.</summary>
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(10);

    private volatile State _state = new(null, 0);

    public string Name => name;

    /// <summary>Process id inside the cluster's pid namespace, or null between two lives.</summary>
    public int? Id => _state.Id;

    public int Restarts => _state.Restarts;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var delay = FirstDelay;
        for (var restarts = 0; ; restarts++)
        {
            var started = DateTime.UtcNow;
            var status = await RunOnceAsync(restarts, cancellation);
            delay = DateTime.UtcNow - started > Healthy ? FirstDelay : Min(delay * 2, LongestDelay);
            Log.ProcessEnded(log, name, status, delay.TotalSeconds);
            await Task.Delay(delay, cancellation);
        }
    }

    private async Task<ExitStatus> RunOnceAsync(int restarts, CancellationToken cancellation)
    {
        using var process = start();
        _state = new State(process.Id, restarts);
        try
        {
            return await process.Exited.WaitAsync(cancellation);
        }
        finally
        {
            if (!process.Exited.IsCompleted)
                process.Signal(Signals.Kill);
            _state = new State(null, restarts);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed record State(int? Id, int Restarts);
}
