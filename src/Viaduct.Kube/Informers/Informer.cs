using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Informers;

/// <summary>
/// Keeps a copy of a collection: lists it once, then follows the watch. Every difference between two states of the copy is
/// told exactly once, in order, from one thread; what happened during a disconnect is told after the next list.
/// </summary>
/// <remarks>Nothing starts before <see cref="RunAsync"/>. Register handlers and indexes before it.</remarks>
public sealed partial class Informer<T>
    where T : class, IKubeObject<T>
{
    private readonly IKubeApi _api;
    private readonly ListQuery _query;
    private readonly Trouble _trouble;
    private readonly TimeProvider _time;
    private readonly List<Action<InformerEvent<T>>> _handlers = [];
    private readonly List<InformerIndex<T>> _indexes = [];
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ImmutableDictionary<ObjectKey, T> _items = ImmutableDictionary<ObjectKey, T>.Empty;
    private int _started;

    public Informer(IKubeApi api, ListQuery query, ILogger log, TimeProvider? time = null)
    {
        _api = api;
        _query = query;
        _time = time ?? TimeProvider.System;
        _trouble = new Trouble(T.Resource.Plural, log);
    }

    /// <summary>Completes after the handlers have seen the first list.</summary>
    public Task Synced => _synced.Task;

    /// <summary>The copy as it is now; never changes under the reader.</summary>
    public IReadOnlyDictionary<ObjectKey, T> Items => _items;

    public T? Find(ObjectKey key) => _items.GetValueOrDefault(key);

    public T? Find(string? ns, string name) => Find(new ObjectKey(ns ?? "", name));

    /// <summary>Calls <paramref name="handler"/> for each change, beginning with the first list. It must not block.</summary>
    public void OnChange(Action<InformerEvent<T>> handler)
    {
        RefuseWhenStarted();
        _handlers.Add(handler);
    }

    /// <summary>Finds objects by keys of the caller's choice, kept up to date before the handlers run.</summary>
    public InformerIndex<T> AddIndex(Func<T, IEnumerable<string>> keysOf)
    {
        RefuseWhenStarted();
        var index = new InformerIndex<T>(keysOf);
        _indexes.Add(index);
        return index;
    }

    /// <summary>Lists and watches until cancelled. An exception of a handler ends it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _started, 1) == 1)
            throw new InvalidOperationException($"The informer of {T.Resource.Plural} runs already.");
        string? version = null;
        while (!cancellation.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                version ??= await ListAsync(cancellation);
                version = await WatchAsync(version, cancellation);
                continue;
            }
            catch (KubeApiException e)
            {
                version = version is not null && Trouble.KeepsVersion(e) ? _lastVersion : null;
                _trouble.Tell(e, isOrdinary: e.IsExpired);
                pause = _trouble.PauseAfter(e);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            if (!await PauseAsync(pause, cancellation))
                return;
        }
    }

    private async Task<string> ListAsync(CancellationToken cancellation)
    {
        var list = await _api.ListAsync<T>(_query, cancellation);
        var listed = new HashSet<ObjectKey>(list.Items.Count);
        // Deletions first: an address that moved from one object to another is never owned twice in the copy.
        foreach (var value in list.Items)
            listed.Add(ObjectKey.Of(value));
        foreach (var (key, old) in _items)
        {
            if (!listed.Contains(key))
                Remove(key, old);
        }
        foreach (var value in list.Items)
            Put(value);
        var version = list.Metadata.ResourceVersion ?? "0";
        Advance(version);
        _synced.TrySetResult();
        return version;
    }

    private async Task<string> WatchAsync(string version, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        var changes = 0;
        await foreach (var (type, value) in _api.WatchAsync<T>(_query, version, cancellation))
        {
            Apply(type, value);
            version = value.Metadata.ResourceVersion ?? version;
            Advance(version);
            changes++;
            _trouble.Reset();
        }
        // A server that ends every watch at once must not be asked in a busy loop.
        if (changes == 0 && _time.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
            await PauseAsync(_trouble.NextPause(), cancellation);
        return version;
    }

    private void Apply(WatchEventType type, T value)
    {
        if (type == WatchEventType.Bookmark)
            return;
        if (type != WatchEventType.Deleted)
            Put(value);
        else if (_items.GetValueOrDefault(ObjectKey.Of(value)) is { } old)
            Remove(ObjectKey.Of(value), old, value);
    }

    private void Put(T value)
    {
        var key = ObjectKey.Of(value);
        var old = _items.GetValueOrDefault(key);
        if (old is not null && old.Metadata.Uid != value.Metadata.Uid)
        {
            Remove(key, old); // deleted and made anew while we were away
            old = null;
        }
        if (old is not null && old.Metadata.ResourceVersion == value.Metadata.ResourceVersion)
            return;
        _items = _items.SetItem(key, value);
        Tell(new InformerEvent<T>(old is null ? ChangeType.Added : ChangeType.Updated, old, value));
    }

    private void Remove(ObjectKey key, T old, T? last = null)
    {
        _items = _items.Remove(key);
        Tell(new InformerEvent<T>(ChangeType.Deleted, last ?? old, null), indexed: old);
    }

    private void Tell(InformerEvent<T> change, T? indexed = null)
    {
        foreach (var index in _indexes)
            index.Apply(indexed ?? change.Old, change.New);
        foreach (var handler in _handlers)
            handler(change);
    }

    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(pause, _time, cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void RefuseWhenStarted()
    {
        if (Volatile.Read(ref _started) == 1)
            throw new InvalidOperationException($"The informer of {T.Resource.Plural} runs already: register before RunAsync.");
    }

    private static ulong Number(string version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
