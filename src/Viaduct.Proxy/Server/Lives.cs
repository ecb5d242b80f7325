namespace Viaduct.Proxy.Server;

/// <summary>Loops that live and end together.</summary>
internal static class Lives
{
    /// <summary>Runs all until one fails or ends, or until cancelled; then ends the others and throws what the first one threw.</summary>
    public static async Task RunAsync(CancellationToken cancellation, params IReadOnlyList<Func<CancellationToken, Task>> loops)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = loops.Select(run => run(stop.Token)).ToList();
        var first = await Task.WhenAny(running);
        await stop.CancelAsync();
        await Task.WhenAll(running).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await first;
        cancellation.ThrowIfCancellationRequested();
    }
}
