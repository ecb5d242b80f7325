namespace Viaduct.Kube.Informers;

/// <summary>Tasks that live and end together.</summary>
public static class Together
{
    /// <summary>
    /// Runs all until cancelled. When one ends or fails, the others are cancelled and awaited; the first failure comes out.
    /// Cancellation by the caller is an ordinary end.
    /// </summary>
    public static async Task RunAsync(CancellationToken cancellation, params IReadOnlyList<Func<CancellationToken, Task>> parts)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var tasks = parts.Select(p => p(ending.Token)).ToList();
        var first = await Task.WhenAny(tasks);
        await ending.CancelAsync();
        try
        {
            await first;
            await Task.WhenAll(tasks);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The others end because one did.
        }
        finally
        {
            await Task.WhenAll(tasks).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }
}
