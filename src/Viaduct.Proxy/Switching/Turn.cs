namespace Viaduct.Proxy.Switching;

/// <summary>The possession of a semaphore until it is disposed of.</summary>
internal readonly struct Turn : IDisposable
{
    private readonly SemaphoreSlim semaphore;

    private Turn(SemaphoreSlim semaphore) => this.semaphore = semaphore;

    public static async Task<Turn> TakeAsync(SemaphoreSlim semaphore, CancellationToken cancellation)
    {
        await semaphore.WaitAsync(cancellation);
        return new Turn(semaphore);
    }

    public void Dispose() => semaphore.Release();
}
