using System.Runtime.CompilerServices;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry.Selectors;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>
/// One event of a watch; a bookmark has no object, only a revision. <c>EndsInitialEvents</c> marks the bookmark after the objects that were there
/// at the start.
/// </summary>
internal readonly record struct WatchItem(WatchEventType Type, StoredObject? Object, long Revision, bool EndsInitialEvents = false);

/// <summary>An open watch: what exists first if that was asked for, then every change that concerns the filter.</summary>
internal sealed class ObjectWatch(StoreWatch changes, StoreSnapshot? initial, ObjectFilter filter, WatchOptions options) : IDisposable
{
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);

    /// <summary>Whether the server is shutting down, so that nothing will come.</summary>
    public bool IsClosed => changes.Changes.Completion.IsCompleted;

    /// <summary>Ends when the server closes, the time is over, the reader was too slow or <paramref name="cancellation"/> fires.</summary>
    public async IAsyncEnumerable<WatchItem> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (options.Timeout is { } timeout)
            end.CancelAfter(timeout);
        foreach (var item in Initial())
            yield return item;
        while (true)
        {
            while (changes.Changes.TryRead(out var change))
            {
                if (Filter(change) is { } item)
                    yield return item;
            }
            switch (await WaitAsync(end.Token).ConfigureAwait(false))
            {
                case WaitResult.End:
                    yield break;
                case WaitResult.BookmarkDue when changes.Progress() is { } revision:
                    yield return new WatchItem(WatchEventType.Bookmark, null, revision);
                    break;
            }
        }
    }

    public void Dispose() => changes.Dispose();

    private IEnumerable<WatchItem> Initial()
    {
        if (initial is null)
            yield break;
        foreach (var item in initial.List(changes.Resource).Where(filter.Matches))
            yield return new WatchItem(WatchEventType.Added, item, item.Revision);
        if (options.SendInitialEvents && options.AllowBookmarks)
            yield return new WatchItem(WatchEventType.Bookmark, null, initial.Revision, EndsInitialEvents: true);
    }

    /// <summary>An object that enters the selector is added for this watch, one that leaves it is deleted.</summary>
    private WatchItem? Filter(StoreEvent change)
    {
        var was = change.Previous is not null && filter.Matches(change.Previous);
        var isNow = change.Type != StoreEventType.Deleted && filter.Matches(change.Object);
        return (was, isNow) switch
        {
            (false, true) => new WatchItem(WatchEventType.Added, change.Object, change.Revision),
            (true, true) => new WatchItem(WatchEventType.Modified, change.Object, change.Revision),
            (true, false) => new WatchItem(WatchEventType.Deleted, change.Object, change.Revision),
            _ => null,
        };
    }

    private async ValueTask<WaitResult> WaitAsync(CancellationToken end)
    {
        using var bookmark = CancellationTokenSource.CreateLinkedTokenSource(end);
        if (options.AllowBookmarks)
            bookmark.CancelAfter(BookmarkInterval);
        try
        {
            return await changes.Changes.WaitToReadAsync(bookmark.Token).ConfigureAwait(false) ? WaitResult.Changed : WaitResult.End;
        }
        catch (OperationCanceledException)
        {
            return end.IsCancellationRequested ? WaitResult.End : WaitResult.BookmarkDue;
        }
    }

    private enum WaitResult
    {
        Changed,
        BookmarkDue,
        End,
    }
}
