using System.Text;

namespace Viaduct.Linux.Nftables;

/// <summary>
/// An element of a set or map as spans: what <see cref="NftElementWriter"/> takes and <see cref="NftClient.ReadElements"/> shows, without an object
/// for each element. Valid only inside the call that got it.
/// </summary>
public readonly ref struct NftElementView
{
    /// <summary>An element with this key.</summary>
    public NftElementView(ReadOnlySpan<byte> key) => Key = key;

    /// <summary>The key; each part of a concatenation takes whole 32-bit words.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>In a concatenation with ranges: the last key of the range; empty if it is <see cref="Key"/> alone.</summary>
    public ReadOnlySpan<byte> KeyEnd { get; init; }

    /// <summary>The value in a map; empty in a set and in a verdict map.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The verdict in a verdict map.</summary>
    public NftVerdictKind? Verdict { get; init; }

    /// <summary>Where the verdict leads, as UTF-8; for jump and goto only.</summary>
    public ReadOnlySpan<byte> Chain { get; init; }

    /// <summary>The comment as UTF-8; empty if there is none. What is longer than 254 bytes is cut.</summary>
    public ReadOnlySpan<byte> Comment { get; init; }

    /// <summary>In an interval set: the range that began before this key ends before it.</summary>
    public bool IsIntervalEnd { get; init; }

    /// <summary>After which time without use the element goes away; zero means the set's own, or never.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How long it stays from now on; zero if for ever.</summary>
    public TimeSpan Expiration { get; init; }

    /// <summary>Whether it counts the packets that find it.</summary>
    public bool HasCounter { get; init; }

    /// <summary>How many packets found it.</summary>
    public ulong Packets { get; init; }

    /// <summary>How many bytes those packets had.</summary>
    public ulong Bytes { get; init; }

    /// <summary>The element as an object, which may be kept.</summary>
    public NftElement ToElement() => new(new NftData(Key))
    {
        KeyEnd = KeyEnd.IsEmpty ? null : new NftData(KeyEnd),
        Value = Value.IsEmpty ? null : new NftData(Value),
        Verdict = Verdict is { } kind ? new NftVerdict(kind, Chain.IsEmpty ? null : Encoding.UTF8.GetString(Chain)) : null,
        Comment = Comment.IsEmpty ? null : Encoding.UTF8.GetString(Comment),
        IsIntervalEnd = IsIntervalEnd,
        Timeout = Timeout == default ? null : Timeout,
        Expiration = Expiration == default ? null : Expiration,
        Counter = HasCounter ? new Expressions.CounterExpression(Packets, Bytes) : null,
    };
}

/// <summary>Takes one element after the other.</summary>
public delegate void NftElementVisitor(in NftElementView element);
