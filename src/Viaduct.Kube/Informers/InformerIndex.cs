using System.Collections.Concurrent;
using System.Collections.Immutable;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Informers;

/// <summary>Objects of an informer by a key such as the owner's uid or the node's name.</summary>
public sealed class InformerIndex<T>
    where T : class, IKubeObject<T>
{
    private readonly ConcurrentDictionary<string, ImmutableDictionary<ObjectKey, T>> _byKey = new(StringComparer.Ordinal);
    private readonly Func<T, IEnumerable<string>> _keysOf;

    internal InformerIndex(Func<T, IEnumerable<string>> keysOf) => _keysOf = keysOf;

    /// <summary>The objects with this key, in no order; never changes under the reader.</summary>
    public IReadOnlyList<T> this[string key] => _byKey.TryGetValue(key, out var found) ? [.. found.Values] : [];

    public int Count(string key) => _byKey.TryGetValue(key, out var found) ? found.Count : 0;

    /// <summary>Called from the informer's one thread.</summary>
    /// <remarks>An object that stays under a key is replaced there in one step: a reader never misses it.</remarks>
    internal void Apply(T? old, T? current)
    {
        string[] kept = current is null ? [] : [.. _keysOf(current)];
        foreach (var key in kept)
            _byKey[key] = _byKey.GetValueOrDefault(key, ImmutableDictionary<ObjectKey, T>.Empty).SetItem(ObjectKey.Of(current!), current!);
        if (old is null)
            return;
        foreach (var key in _keysOf(old).Except(kept))
            Remove(key, ObjectKey.Of(old));
    }

    private void Remove(string key, ObjectKey name)
    {
        if (!_byKey.TryGetValue(key, out var found))
            return;
        found = found.Remove(name);
        if (found.IsEmpty)
            _byKey.TryRemove(key, out _);
        else
            _byKey[key] = found;
    }
}
