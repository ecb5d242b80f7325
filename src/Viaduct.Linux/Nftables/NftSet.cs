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

    /// <summary>Keys are ranges: every range is a start element and an end element, see <see cref="NftElement.Range"/>.</summary>
    public bool IsInterval { get; init; }

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

    /// <summary>Its comment, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether the set is what <paramref name="spec"/> asks for; the comment does not count.</summary>
    public bool Matches(NftSetSpec spec) =>
        Name == spec.Name && KeyTypeId == spec.KeyType.Id && KeyLength == spec.KeyType.Length
        && DataTypeId == spec.DataType?.Id && IsInterval == spec.IsInterval
        && (spec.DataType is null || spec.DataType == NftType.Verdict || DataLength == spec.DataType.Length);
}
