using System.Runtime.InteropServices;

namespace Viaduct.Cluster.Supervision;

/// <summary>How a process of the cluster lives: several loops, until a signal asks it to end or one of the loops fails.</summary>
internal sealed class ProcessLife : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;

    public ProcessLife()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    }

    public CancellationToken Stopping => _stop.Token;

    public void End() => _stop.Cancel();

    /// <summary>Runs all loops; the end of any of them ends the others, and a failure is thrown.</summary>
    public async Task RunAsync(params IReadOnlyList<Func<CancellationToken, Task>> loops)
    {
        var running = loops.Select(run => run(Stopping)).ToList();
        var first = await Task.WhenAny(running);
        await _stop.CancelAsync();
        await IgnoreCancellationAsync(Task.WhenAll(running));
        await IgnoreCancellationAsync(first);
    }

    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
        _stop.Dispose();
    }

    private async Task IgnoreCancellationAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // That is what stopping is.
        }
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }
}
