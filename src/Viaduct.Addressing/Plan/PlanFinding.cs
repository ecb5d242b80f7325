using System.Net;

namespace Viaduct.Addressing;

public enum FindingSeverity
{
    /// <summary>The plan cannot work.</summary>
    Error,

    /// <summary>The plan works, but it will disappoint.</summary>
    Warning,
}

/// <summary>One thing wrong with a plan.</summary>
/// <param name="Rule">The rule that it breaks.</param>
/// <param name="Field">The field to change.</param>
/// <param name="Message">A sentence that says what is wrong and what to do.</param>
public sealed record PlanFinding(PlanRule Rule, string Field, string Message)
{
    public FindingSeverity Severity => Rule.Severity;

    /// <summary>The range that is wrong, if it is about ranges.</summary>
    public PlanRange? Range { get; init; }

    /// <summary>The range that it is in conflict with.</summary>
    public PlanRange? Other { get; init; }

    /// <summary>The addresses that both have.</summary>
    public IPNetwork? Overlap => Range is null || Other is null ? null : Cidr.Overlap(Range.Block, Other.Block);

    public override string ToString() => Message.StartsWith(Field, StringComparison.Ordinal) ? Message : $"{Field}: {Message}";
}
