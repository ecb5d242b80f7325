using System.Collections.Immutable;
using System.Net;

namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>One thing that may happen to a packet. Where a rule chooses by chance there are several.</summary>
public sealed record NftTrace
{
    /// <summary>The end of it.</summary>
    public required NftOutcome Outcome { get; init; }

    /// <summary>How likely it is, 0 to 1.</summary>
    public required double Probability { get; init; }

    /// <summary>Where it goes in the end.</summary>
    public required IPEndPoint Destination { get; init; }

    /// <summary>Whether its destination was translated.</summary>
    public bool IsTranslated { get; init; }

    /// <summary>Whether its source becomes this host's address.</summary>
    public bool IsMasqueraded { get; init; }

    /// <summary>The rules that did something, as <c>chain: what</c>, in order.</summary>
    public ImmutableArray<string> Path { get; init; } = [];

    /// <summary>What rules did to dynamic sets.</summary>
    public ImmutableArray<NftSetChange> Changes { get; init; } = [];

    /// <summary>For people: <c>accepted to 10.0.0.1:80, translated (50 %)</c>.</summary>
    public override string ToString() =>
        $"{Outcome.ToString().ToLowerInvariant()} to {Destination}{(IsTranslated ? ", translated" : "")}{(IsMasqueraded ? ", masqueraded" : "")} ({Probability:P0})";
}

/// <summary>How a packet ends.</summary>
public enum NftOutcome
{
    /// <summary>It goes where it is addressed to.</summary>
    Accepted,

    /// <summary>It is gone without a word.</summary>
    Dropped,

    /// <summary>It is refused, and its sender is told.</summary>
    Rejected,
}

/// <summary>A change of a dynamic set by a rule.</summary>
/// <param name="Set">Which set.</param>
/// <param name="Element">Which element.</param>
/// <param name="IsDelete">Whether it was deleted instead of added or renewed.</param>
public sealed record NftSetChange(string Set, NftElement Element, bool IsDelete);
