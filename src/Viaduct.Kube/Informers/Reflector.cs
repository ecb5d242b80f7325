using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Informers;

/// <summary>
/// Lists and watches a collection straight into a consumer and keeps no object itself: for consumers that need few fields of many
/// objects. Lists are streamed where the server can (KEP-3157), otherwise read in pages. What happened during a disconnect is told
/// by the next list or watch.
/// </summary>
public sealed class Reflector<T>
    where T : class, IKubeObject<T>
{
    private const int PageSize = 500;
    // A server that does not know streaming lists and ignores the parameter would be waited for without end.
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_missingPause = TimeSpan.FromMinutes(5);

    private readonly IKubeApi _api;
    private readonly IReflectorConsumer<T> _consumer;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Trouble _trouble;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ListQuery _query;
    private volatile string? _version;
    private bool _streams = true;
    private int _pageSize = PageSize;
    private long _heard;

    public Reflector(IKubeApi api, ListQuery query, IReflectorConsumer<T> consumer, ILogger log, TimeProvider? time = null)
    {
        _api = api;
        _query = query;
        _consumer = consumer;
        _log = log;
        _time = time ?? TimeProvider.System;
        _trouble = new Trouble(T.Resource.Plural, log);
    }

    /// <summary>Whether a server that does not have the resource is no trouble: it is asked again now and then, quietly.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether the consumer leaves out by itself what the field selector would: servers that do not know the field refuse it.</summary>
    public bool FieldSelectorIsOptional { get; init; }

    /// <summary>Completes when the consumer has the first whole list.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Completes when the consumer has the first whole list or the first attempt failed: for what is good to know but not waited for.</summary>
    public Task Attempted => _attempted.Task;

    /// <summary>Runs until cancelled. An exception of the consumer ends it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await OnceAsync(cancellation);
            }
            catch (KubeApiException e)
            {
                _attempted.TrySetResult();
                await RecoverAsync(e, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>One list, one watch, or both in one when lists are streamed.</summary>
    private Task OnceAsync(CancellationToken cancellation) =>
        _version is { } version ? WatchAsync(version, cancellation)
        : _streams ? StreamAsync(cancellation)
        : ListAsync(cancellation);

    private async Task ListAsync(CancellationToken cancellation)
    {
        _consumer.BeginReplace();
        string? next = null;
        ListMeta end;
        do
        {
            end = await _api.ListPageAsync<T>(_query, new ListPage(_pageSize, next), _consumer.Set, cancellation);
            next = end.Continue;
        }
        while (next is { Length: > 0 });
        EndReplace(end.ResourceVersion ?? "0");
    }

    private async Task StreamAsync(CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var guard = GuardAgainstSilence(silence);
        _consumer.BeginReplace();
        try
        {
            await foreach (var change in _api.WatchListAsync<T>(_query, silence.Token))
            {
                if (_version is null && change.EndsInitialEvents())
                    EndReplace(change.Value.Metadata.ResourceVersion ?? "0");
                else if (_version is null && change.Type == WatchEventType.Bookmark)
                    break;
                else
                    Tell(change);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The guard ended it; what follows from that is below.
        }

        if (_version is null)
            StopStreaming("it did not say where the list ends");
    }

    /// <summary>Ends the stream when nothing at all comes for long while the list is not complete.</summary>
    private ITimer GuardAgainstSilence(CancellationTokenSource silence)
    {
        var before = _heard;
        return _time.CreateTimer(
            _ =>
            {
                var now = Volatile.Read(ref _heard);
                if (now == before && _version is null)
                    silence.Cancel();
                before = now;
            },
            null, s_longestSilence, s_longestSilence);
    }

    private void EndReplace(string version)
    {
        _consumer.EndReplace();
        _version = version;
        _pageSize = PageSize;
        _trouble.Reset();
        _synced.TrySetResult();
        _attempted.TrySetResult();
    }

    private async Task WatchAsync(string version, CancellationToken cancellation)
    {
        var (began, before) = (_time.GetTimestamp(), _heard);
        await foreach (var change in _api.WatchAsync<T>(_query, version, cancellation))
        {
            Tell(change);
            _trouble.Reset();
        }

        // A server that ends every watch at once must not be asked in a busy loop.
        if (_heard == before && _time.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
            await Task.Delay(_trouble.NextPause(), _time, cancellation);
    }

    private void Tell(WatchEvent<T> change)
    {
        _heard++;
        if (change.Type == WatchEventType.Deleted)
            _consumer.Remove(change.Value);
        else if (change.Type != WatchEventType.Bookmark)
            _consumer.Set(change.Value);
        // Before the end of a streamed list there is no version to go on from.
        if (_version is not null)
            _version = change.Value.Metadata.ResourceVersion ?? _version;
    }

    private async Task RecoverAsync(KubeApiException e, CancellationToken cancellation)
    {
        var wasListing = _version is null;
        if (wasListing && TryAskForLess(e))
            return;
        // The continuation expired before the last page was read: next time everything in one.
        if (wasListing && e.IsExpired)
            _pageSize = 0;
        if (!Trouble.KeepsVersion(e))
            _version = null;
        var isMissing = IsOptional && e.IsNotFound;
        _trouble.Tell(e, isOrdinary: e.IsExpired || isMissing);
        await PauseAsync(isMissing ? s_missingPause : _trouble.PauseAfter(e), cancellation);
    }

    /// <summary>A request that an older server does not understand is made again without what is new in it.</summary>
    private bool TryAskForLess(KubeApiException e)
    {
        if (e.Status.Code is not (400 or 422))
            return false;
        if (_streams)
        {
            StopStreaming(e.Message);
            return true;
        }

        if (!FieldSelectorIsOptional || _query.FieldSelector is null)
            return false;
        _query = _query with { FieldSelector = null };
        return true;
    }

    private void StopStreaming(string reason)
    {
        _streams = false;
        InformerLog.Interrupted(_log, LogLevel.Debug, T.Resource.Plural, $"the server has no streaming lists: {reason}");
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(pause, _time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller's loop sees it.
        }
    }
}
