namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>A set or map with its elements.</summary>
public sealed class NftTracedSet
{
    private readonly Dictionary<NftData, NftElement> byKey = [];
    private readonly List<NftElement> ranges;
    private readonly IReadOnlyList<int> fieldLengths;

    internal NftTracedSet(string name, int keyLength, int valueLength, bool isInterval, IReadOnlyList<int> fieldLengths, uint? size, IEnumerable<NftElement> elements)
    {
        Name = name;
        KeyLength = keyLength;
        ValueLength = valueLength;
        IsInterval = isInterval;
        Size = size;
        this.fieldLengths = fieldLengths;
        // The start of a range that begins where another one ends counts more than that end: ends first.
        ranges = isInterval ? [.. elements.OrderBy(e => e.Key, Order).ThenBy(e => !e.IsIntervalEnd)] : [];
        foreach (var element in isInterval ? [] : elements)
            byKey[element.Key] = element;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Bytes of a key.</summary>
    public int KeyLength { get; }

    /// <summary>Bytes of a value; 0 if it has none.</summary>
    public int ValueLength { get; }

    /// <summary>Keys are ranges.</summary>
    public bool IsInterval { get; }

    /// <summary>How many elements it holds at most; null is no limit.</summary>
    public uint? Size { get; }

    /// <summary>How many elements it has.</summary>
    public int Count => IsInterval ? ranges.Count : byKey.Count;

    private static Comparer<NftData> Order { get; } = Comparer<NftData>.Create((a, b) => a.Span.SequenceCompareTo(b.Span));

    /// <summary>The element with this key, or whose range holds it; null if there is none.</summary>
    public NftElement? Find(NftData key)
    {
        if (!IsInterval)
            return byKey.GetValueOrDefault(key);
        if (fieldLengths.Count > 0)
            return ranges.Find(e => IsInside(key.Span, e.Key.Span, (e.KeyEnd ?? e.Key).Span));
        return ranges.FindLast(e => e.Key.Span.SequenceCompareTo(key.Span) <= 0) is { IsIntervalEnd: false } found ? found : null;
    }

    internal void Set(NftElement element) => byKey[element.Key] = element;

    internal void Remove(NftData key) => byKey.Remove(key);

    // Each field for itself: a range of a concatenation is a box.
    private bool IsInside(ReadOnlySpan<byte> key, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var at = 0;
        foreach (var length in fieldLengths)
        {
            var field = key.Slice(at, length);
            if (field.SequenceCompareTo(from.Slice(at, length)) < 0 || field.SequenceCompareTo(to.Slice(at, length)) > 0)
                return false;
            at += (length + 3) & ~3;
        }

        return true;
    }
}
