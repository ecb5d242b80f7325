using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;

namespace Viaduct.Kube.Informers;

/// <summary>Workers over a queue: a failure is logged and tried again later, more and more slowly.</summary>
public static partial class Reconciler
{
    /// <param name="queue">Where the keys come from.</param>
    /// <param name="name">Name of the controller, for the log.</param>
    /// <param name="workers">How many keys may be worked on at the same time.</param>
    /// <param name="reconcile">Brings the world of one key to what it should be.</param>
    /// <param name="log">Where failures are told.</param>
    /// <param name="cancellation">Ends the workers.</param>
    public static Task RunAsync<TKey>(
        WorkQueue<TKey> queue, string name, int workers, Func<TKey, CancellationToken, Task> reconcile, ILogger log, CancellationToken cancellation)
        where TKey : notnull =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WorkAsync(queue, name, reconcile, log, cancellation)));

    private static async Task WorkAsync<TKey>(
        WorkQueue<TKey> queue, string name, Func<TKey, CancellationToken, Task> reconcile, ILogger log, CancellationToken cancellation)
        where TKey : notnull
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var key = await queue.TakeAsync(cancellation);
                await OneAsync(queue, key, name, reconcile, log, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task OneAsync<TKey>(
        WorkQueue<TKey> queue, TKey key, string name, Func<TKey, CancellationToken, Task> reconcile, ILogger log, CancellationToken cancellation)
        where TKey : notnull
    {
        try
        {
            await reconcile(key, cancellation);
            queue.Forget(key);
        }
        catch (KubeApiException e) when (e.IsConflict || e.IsAlreadyExists || e.IsNotFound || e.IsTransient)
        {
            // Somebody else was faster, or the server is away: the next look at the state decides anew.
            LogAgain(log, name, key.ToString(), e.Message);
            queue.Retry(key);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogFailed(log, e, name, key.ToString());
            queue.Retry(key);
        }
        finally
        {
            queue.Done(key);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Controller}: {Key} will be tried again: {Reason}")]
    private static partial void LogAgain(ILogger log, string controller, string? key, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Controller}: {Key} failed and will be tried again")]
    private static partial void LogFailed(ILogger log, Exception exception, string controller, string? key);
}
