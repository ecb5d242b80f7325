namespace Viaduct.Linux.Nftables;

/// <summary>A set or map to make.</summary>
public sealed record NftSetSpec
{
    /// <summary>The set's name, unique among the sets and maps of its table.</summary>
    public required string Name { get; init; }

    /// <summary>Type of the keys.</summary>
    public required NftType KeyType { get; init; }

    /// <summary>Type of the values; null makes a set, anything else a map.</summary>
    public NftType? DataType { get; init; }

    /// <summary>
    /// Keys are ranges. Of a single field: every range is a start element and an end element, see <see cref="NftElement.Range"/>. Of a concatenation:
    /// every range is one element with <see cref="NftElement.KeyEnd"/>.
    /// </summary>
    public bool IsInterval { get; init; }

    /// <summary>Rules may add, renew and delete elements (<c>flags dynamic</c>), see <see cref="Expressions.DynsetExpression"/>.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>Elements may have a time after which they go away (<c>flags timeout</c>).</summary>
    public bool HasTimeout { get; init; }

    /// <summary>How many elements it holds at most; null leaves it to the kernel.</summary>
    public uint? Size { get; init; }

    /// <summary>Every element counts the packets that find it (<c>counter</c>).</summary>
    public bool HasCounter { get; init; }

    /// <summary>Shown by <c>nft list</c>.</summary>
    public string? Comment { get; init; }
}

/// <summary>A set or map read from the kernel.</summary>
public sealed record NftSetInfo
{
    /// <summary>The set's name.</summary>
    public required string Name { get; init; }

    /// <summary>The kernel's number for it.</summary>
    public required ulong Handle { get; init; }

    /// <summary>nft's number of the key type, see <see cref="NftType.Id"/>.</summary>
    public required uint KeyTypeId { get; init; }

    /// <summary>Bytes of a key.</summary>
    public required int KeyLength { get; init; }

    /// <summary>nft's number of the value type; null for a set.</summary>
    public uint? DataTypeId { get; init; }

    /// <summary>Bytes of a value; 0 for a set.</summary>
    public int DataLength { get; init; }

    /// <summary>Keys are ranges.</summary>
    public bool IsInterval { get; init; }

    /// <summary>Rules may add, renew and delete elements.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>Elements may have a time after which they go away.</summary>
    public bool HasTimeout { get; init; }

    /// <summary>How many elements it holds at most; null if that is the kernel's choice.</summary>
    public uint? Size { get; init; }

    /// <summary>Every element counts the packets that find it.</summary>
    public bool HasCounter { get; init; }

    /// <summary>How many elements it holds; null if the kernel does not tell (since Linux 6.16).</summary>
    public int? Count { get; init; }

    /// <summary>Its comment, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether the set is what <paramref name="spec"/> asks for; the comment does not count.</summary>
    public bool Matches(NftSetSpec spec) =>
        Name == spec.Name && KeyTypeId == spec.KeyType.Id && KeyLength == spec.KeyType.Length
        && DataTypeId == spec.DataType?.Id && IsInterval == spec.IsInterval
        && IsDynamic == spec.IsDynamic && HasTimeout == spec.HasTimeout && HasCounter == spec.HasCounter
        && (spec.Size is null || Size == spec.Size)
        && (spec.DataType is null || spec.DataType == NftType.Verdict || DataLength == spec.DataType.Length);
}
