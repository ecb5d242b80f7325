namespace Viaduct.Node.Network.Routing;

/// <summary>What has to change: entries to be set, replacing what has their key, and entries to be deleted.</summary>
public sealed record Difference<T>(IReadOnlyList<T> Set, IReadOnlyList<T> Delete)
{
    public int Count => Set.Count + Delete.Count;
}

/// <summary>
/// Entries by key, each claimed by an owner. Several owners may claim one key, as two nodes with the same Pod CIDR do: the first name in order has it, and
/// the next one gets it when that one lets go. A change costs what it changes, however many entries there are. Not for concurrent use.
/// </summary>
public sealed class ClaimedMap<TKey, T>(Func<T, TKey> keyOf)
    where TKey : notnull
{
    private readonly Dictionary<TKey, SortedList<string, T>> _claims = [];

    public int Count => _claims.Count;

    public bool TryGet(TKey key, out T entry)
    {
        var found = _claims.TryGetValue(key, out var claims);
        entry = found ? claims!.Values[0] : default!;
        return found;
    }

    /// <summary>An owner claims <paramref name="now"/> instead of <paramref name="before"/>; what that changes for those who look entries up.</summary>
    public Difference<T> Exchange(string owner, IReadOnlyList<T> before, IReadOnlyList<T> now)
    {
        var keys = before.Concat(now).Select(keyOf).Distinct().ToArray();
        var old = Array.ConvertAll(keys, k => (Found: TryGet(k, out var entry), Entry: entry));
        foreach (var entry in before)
            Release(keyOf(entry), owner);
        foreach (var entry in now)
            Claim(keyOf(entry), owner, entry);

        var (set, delete) = (new List<T>(now.Count), new List<T>());
        for (var i = 0; i < keys.Length; i++)
        {
            if (!TryGet(keys[i], out var entry))
                delete.Add(old[i].Entry);
            else if (!old[i].Found || !EqualityComparer<T>.Default.Equals(old[i].Entry, entry))
                set.Add(entry);
        }
        return new Difference<T>(set, delete);
    }

    /// <summary>What turns <paramref name="actual"/> into these entries.</summary>
    public Difference<T> Compare(IReadOnlyCollection<T> actual)
    {
        var present = actual.ToHashSet();
        return new Difference<T>(
            [.. _claims.Values.Select(c => c.Values[0]).Where(entry => !present.Contains(entry))],
            [.. actual.Where(entry => !_claims.ContainsKey(keyOf(entry)))]);
    }

    private void Claim(TKey key, string owner, T entry)
    {
        if (!_claims.TryGetValue(key, out var claims))
            _claims[key] = claims = new SortedList<string, T>(1, StringComparer.Ordinal);
        claims[owner] = entry;
    }

    private void Release(TKey key, string owner)
    {
        if (_claims.TryGetValue(key, out var claims) && claims.Remove(owner) && claims.Count == 0)
            _claims.Remove(key);
    }
}
