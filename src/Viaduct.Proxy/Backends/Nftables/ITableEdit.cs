using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Takes the changes that the planner finds, one by one. All that is told between two calls of <see cref="EndPart"/> takes effect at once:
/// first removals, then chains and additions, at last unused elements and chains go.
/// </summary>
internal interface ITableEdit
{
    void AddChain(FanOut chain);

    void Add(TableSet set, in NftElementView element);

    /// <summary>Removes an element; one with the same key may be added after it.</summary>
    void Remove(TableSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd = default);

    /// <summary>Removes an element that nothing needs any more, after everything else.</summary>
    void RemoveUnused(TableSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd = default);

    /// <summary>Removes all elements of a set.</summary>
    void Flush(TableSet set);

    /// <summary>Removes a chain that nothing leads to any more, after everything else.</summary>
    void RemoveUnused(FanOut chain);

    /// <summary>What was told so far stands for itself: a long plan may be cut here.</summary>
    void EndPart();
}
