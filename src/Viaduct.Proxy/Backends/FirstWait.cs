namespace Viaduct.Proxy.Backends;

/// <summary>Waits for one of several things.</summary>
internal static class FirstWait
{
    /// <summary>Returns, or fails, as the first that ends does; by then the others have been told to end and have ended.</summary>
    public static async Task OfAsync(CancellationToken cancellation, params Func<CancellationToken, Task>[] begin)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var waits = begin.Select(b => b(stop.Token)).ToArray();
        var first = await Task.WhenAny(waits);
        await stop.CancelAsync();
        await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }
}
