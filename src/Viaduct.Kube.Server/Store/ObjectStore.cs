using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Viaduct.Kube.Server.Store;

/// <summary>
/// The objects of the API: an immutable state in memory over an append-only log in SQLite. One writer runs all changes one after
/// the other; those that wait together are committed together, and are visible and acknowledged only after the commit.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    private const int MaxBatch = 256;

    private readonly Channel<PendingChange> _pending = Channel.CreateUnbounded<PendingChange>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<(long Revision, long SupersededBy)> _superseded = new();
    private readonly StoreLog _log;
    private readonly WatchHub _hub;
    private readonly ObjectStoreOptions _options;
    private readonly ILogger _logger;
    private readonly Task _writer;

    private ObjectStore(StoreLog log, ObjectStoreOptions options, ILogger logger)
    {
        _log = log;
        _options = options;
        _logger = logger;
        _hub = new WatchHub(options.ReplayCapacity);
        Load();
        _writer = Task.Run(WriteLoopAsync);
    }

    public StoreSnapshot State => _hub.State;

    public static ObjectStore Open(string path, ObjectStoreOptions options, ILogger logger)
    {
        var log = StoreLog.Open(path);
        try
        {
            return new ObjectStore(log, options, logger);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs <paramref name="change"/> on the writer and answers after its commit. A change that throws leaves nothing behind;
    /// a <paramref name="dryRun"/> leaves nothing behind either, but answers.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<StoreTransaction, T> change, bool dryRun = false)
    {
        T result = default!;
        var pending = new PendingChange(t => result = change(t), dryRun);
        if (!_pending.Writer.TryWrite(pending))
            throw new ObjectDisposedException(nameof(ObjectStore), "The API server is shutting down.");
        await pending.Done.Task.ConfigureAwait(false);
        return result;
    }

    public StoreWatch Watch(string resource, long after) => _hub.Watch(resource, after);

    public (StoreSnapshot State, StoreWatch Watch) WatchFromNow(string resource) => _hub.WatchFromNow(resource);

    /// <summary>Ends all watches; their readers see the end of the stream.</summary>
    public void CloseWatches() => _hub.Close();

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
        _hub.Close();
        _log.Dispose();
    }

    private void Load()
    {
        var state = StoreSnapshot.Empty;
        var recent = new Queue<StoreEvent>();
        var forgotten = _log.CompactedRevision;
        foreach (var row in _log.ReadAll())
        {
            var previous = state.Get(row.Key);
            var type = row.Deleted ? StoreEventType.Deleted : previous is null ? StoreEventType.Added : StoreEventType.Modified;
            var change = new StoreEvent(type, new StoredObject(row.Key, row.Revision, row.Value), previous);
            state = state.With(change);
            NoteSuperseded(change);
            if (change.Revision > forgotten)
                recent.Enqueue(change);
        }
        _hub.Load(state.At(Math.Max(state.Revision, forgotten)), recent, forgotten);
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<PendingChange>(MaxBatch);
        while (await _pending.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _pending.Reader.TryRead(out var change))
                batch.Add(change);
            WriteBatch(batch);
        }
    }

    private void WriteBatch(List<PendingChange> batch)
    {
        var state = _hub.State;
        foreach (var change in batch)
            state = change.Run(state);
        var events = batch.SelectMany(c => c.Events).ToList();
        try
        {
            if (events.Count > 0)
                Commit(state, events);
        }
        catch (Exception e)
        {
            // The disk is full or the database is damaged: nothing of this batch happened, and every caller hears it.
            Log.CommitFailed(_logger, batch.Count, e);
            for (var i = batch.Count - 1; i >= 0; i--)
                batch[i].Fail(e);
        }
        foreach (var change in batch)
            change.Complete();
        CompactIfDue();
    }

    private void Commit(StoreSnapshot state, List<StoreEvent> events)
    {
        _log.Append(events.Select(e => new LogRow(e.Revision, e.Object.Key, e.Type == StoreEventType.Deleted, e.Object.Json.ToArray())));
        foreach (var change in events)
            NoteSuperseded(change);
        _hub.Publish(state, events);
    }

    private void NoteSuperseded(StoreEvent change)
    {
        if (change.Previous is { } previous)
            _superseded.Enqueue((previous.Revision, change.Revision));
        if (change.Type == StoreEventType.Deleted)
            _superseded.Enqueue((change.Revision, change.Revision));
    }

    private void CompactIfDue()
    {
        var forgotten = _hub.Forgotten;
        if (forgotten - _log.CompactedRevision < _options.CompactEvery)
            return;
        var rows = new List<long>();
        while (_superseded.TryPeek(out var next) && next.SupersededBy <= forgotten)
            rows.Add(_superseded.Dequeue().Revision);
        try
        {
            _log.Compact(forgotten, rows);
        }
        catch (Microsoft.Data.Sqlite.SqliteException e)
        {
            // The rows stay until the next start finds them again; the objects are not touched.
            Log.CompactionFailed(_logger, rows.Count, e);
        }
    }
}

/// <summary>Sizes of the store.</summary>
internal sealed record ObjectStoreOptions
{
    /// <summary>How many changes a watch can go back.</summary>
    public int ReplayCapacity { get; init; } = 4096;

    /// <summary>How many revisions are forgotten before their superseded rows are removed from the log together.</summary>
    public int CompactEvery { get; init; } = 1024;
}
