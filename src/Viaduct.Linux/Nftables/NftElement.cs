using System.Net;

namespace Viaduct.Linux.Nftables;

/// <summary>An element of a set or map.</summary>
public sealed record NftElement
{
    /// <summary>An element with this key.</summary>
    public NftElement(NftData key) => Key = key;

    /// <summary>A map's element.</summary>
    public NftElement(NftData key, NftData value)
        : this(key) => Value = value;

    /// <summary>A verdict map's element.</summary>
    public NftElement(NftData key, NftVerdict verdict)
        : this(key) => Verdict = verdict;

    /// <summary>The key.</summary>
    public NftData Key { get; }

    /// <summary>The value in a map.</summary>
    public NftData? Value { get; init; }

    /// <summary>The value in a verdict map.</summary>
    public NftVerdict? Verdict { get; init; }

    /// <summary>In an interval set: the range that began before this key ends before it (NFT_SET_ELEM_INTERVAL_END).</summary>
    public bool IsIntervalEnd { get; init; }

    /// <summary>In a concatenation with ranges: the last key of the range; null if it is <see cref="Key"/> alone.</summary>
    public NftData? KeyEnd { get; init; }

    /// <summary>After which time without use the element goes away; null means the set's own, or never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it stays from now on, as the kernel tells; null if for ever. Not written.</summary>
    public TimeSpan? Expiration { get; init; }

    /// <summary>The packets that found it, if its set counts them (<see cref="NftSetSpec.HasCounter"/>). Not written.</summary>
    public Expressions.CounterExpression? Counter { get; init; }

    /// <summary>Shown by <c>nft list</c>.</summary>
    public string? Comment { get; init; }

    /// <summary>An upper bound of the bytes that it takes in a batch.</summary>
    public int SizeHint => NftElementCodec.Size(this);

    /// <summary>The elements of an interval set that stand for a range of IPv4 addresses, such as 10.0.0.0/8.</summary>
    public static IReadOnlyList<NftElement> Range(IPNetwork network)
    {
        var first = network.BaseAddress.GetAddressBytes();
        var end = first.ToArray();
        // One after the last address; a range up to the very last address has no end element.
        return AddOneAt(end, network.PrefixLength)
            ? [new NftElement(new NftData(first)), new NftElement(new NftData(end)) { IsIntervalEnd = true }]
            : [new NftElement(new NftData(first))];
    }

    private static bool AddOneAt(byte[] address, int prefixLength)
    {
        var step = prefixLength % 8 == 0 ? 1 : 1 << (8 - (prefixLength % 8));
        for (var i = ((prefixLength + 7) / 8) - 1; i >= 0; i--, step = 1)
        {
            var sum = address[i] + step;
            address[i] = (byte)sum;
            if (sum <= byte.MaxValue)
                return true;
        }

        return false;
    }
}
