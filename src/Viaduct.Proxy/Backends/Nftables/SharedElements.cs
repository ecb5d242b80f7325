using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Elements (or chains) that several frontends need: there as long as one does. What is in here is in the kernel, or was just told to
/// be added; with nobody using it until <see cref="TakeUnused"/>.
/// </summary>
internal sealed class SharedElements<TKey>
    where TKey : struct
{
    private readonly Dictionary<TKey, int> uses = [];
    private readonly List<TKey> released = [];

    /// <summary>One more user; true if the element is not there yet.</summary>
    public bool Acquire(TKey key)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(uses, key, out var exists);
        count++;
        return !exists;
    }

    /// <summary>One more user of an element if it is there.</summary>
    public bool AcquireIfThere(TKey key)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(uses, key);
        if (Unsafe.IsNullRef(ref count))
            return false;
        count++;
        return true;
    }

    /// <summary>One user less.</summary>
    public void Release(TKey key)
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(uses, key) == 0)
            released.Add(key);
    }

    /// <summary>The kernel has it; who uses it is not known yet.</summary>
    public void Found(TKey key) => uses.TryAdd(key, 0);

    /// <summary>Forgets everything that was found.</summary>
    public void Clear() => uses.Clear();

    /// <summary>Forgets some of what was found.</summary>
    public void Clear(Func<TKey, bool> which)
    {
        foreach (var key in uses.Keys.Where(which).ToArray())
            uses.Remove(key);
    }

    /// <summary>Looks at all of them, for after <see cref="Found"/>.</summary>
    public void ReleaseUnused() => released.AddRange(uses.Where(u => u.Value == 0).Select(u => u.Key));

    /// <summary>Those that nobody uses any more; they are forgotten.</summary>
    public IEnumerable<TKey> TakeUnused()
    {
        foreach (var key in released)
        {
            if (uses.TryGetValue(key, out var count) && count == 0 && uses.Remove(key))
                yield return key;
        }

        released.Clear();
    }

    /// <summary>All that are there.</summary>
    public IReadOnlyCollection<TKey> Keys => uses.Keys;
}
