using System.Collections;
using System.Net;
using System.Runtime.CompilerServices;

namespace Viaduct.Addressing;

/// <summary>
/// The blocks of one purpose, the primary one first: none, one, or one of each family for dual stack (a VPC may have more). A single
/// block is one, too. Immutable.
/// </summary>
[CollectionBuilder(typeof(IpRanges), nameof(Create))]
public readonly struct IpRanges : IReadOnlyList<IPNetwork>, IEquatable<IpRanges>
{
    private readonly IPNetwork[]? _blocks;

    private IpRanges(IPNetwork[] blocks) => _blocks = blocks;

    public int Count => _blocks?.Length ?? 0;

    public bool IsEmpty => Count == 0;

    /// <summary>The first block: Services and pods have its family unless they ask for another.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public IPNetwork Primary => IsEmpty ? throw new InvalidOperationException("there is no block") : _blocks![0];

    public IPNetwork? IPv4 => FirstOrNull(false);

    public IPNetwork? IPv6 => FirstOrNull(true);

    /// <summary>Whether both families are there.</summary>
    public bool IsDualStack => IPv4 is not null && IPv6 is not null;

    public IPNetwork this[int index] => (_blocks ?? [])[index];

    public static implicit operator IpRanges(IPNetwork block) => new([block]);

    public static bool operator ==(IpRanges left, IpRanges right) => left.Equals(right);

    public static bool operator !=(IpRanges left, IpRanges right) => !left.Equals(right);

    public static IpRanges Create(ReadOnlySpan<IPNetwork> blocks) => new(blocks.ToArray());

    /// <summary>Parses <c>172.20.0.0/16</c> or <c>172.20.0.0/16,fd00:20::/56</c>.</summary>
    /// <exception cref="AddressingException">A sentence that names the field.</exception>
    public static IpRanges Parse(string text, string field) =>
        new([.. text.Split(',', StringSplitOptions.TrimEntries).Select(t => Cidr.Parse(t, field))]);

    /// <summary>The first block of the family of <paramref name="block"/>, or null.</summary>
    public IPNetwork? SameFamilyAs(IPNetwork block) => FirstOrNull(block.IsIPv6());

    public IEnumerator<IPNetwork> GetEnumerator() => ((IEnumerable<IPNetwork>)(_blocks ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(IpRanges other) => (_blocks ?? []).AsSpan().SequenceEqual(other._blocks ?? []);

    public override bool Equals(object? obj) => obj is IpRanges other && Equals(other);

    public override int GetHashCode() => IsEmpty ? 0 : HashCode.Combine(Primary, Count);

    public override string ToString() => string.Join(',', _blocks ?? []);

    private IPNetwork? FirstOrNull(bool isIPv6)
    {
        foreach (var block in _blocks ?? [])
        {
            if (block.IsIPv6() == isIPv6)
                return block;
        }
        return null;
    }
}
