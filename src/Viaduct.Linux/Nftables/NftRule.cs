using System.Collections.Immutable;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Linux.Nftables;

/// <summary>A rule to make: expressions that run in order until one does not match.</summary>
/// <param name="Expressions">Matches first, then what to do.</param>
public sealed record NftRuleSpec(params ImmutableArray<NftExpression> Expressions)
{
    /// <summary>Shown by <c>nft list</c>.</summary>
    public string? Comment { get; init; }
}

/// <summary>A rule read from the kernel.</summary>
public sealed record NftRuleInfo
{
    /// <summary>The chain it is in.</summary>
    public required string Chain { get; init; }

    /// <summary>The kernel's number for it.</summary>
    public required ulong Handle { get; init; }

    /// <summary>Its expressions; those unknown to this library are kept as <see cref="UnknownExpression"/>.</summary>
    public required ImmutableArray<NftExpression> Expressions { get; init; }

    /// <summary>Its comment, or null.</summary>
    public string? Comment { get; init; }
}
