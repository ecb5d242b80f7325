namespace Viaduct.Addressing;

/// <summary>One rule of planning: its name, where it is written, and how grave it is to break it.</summary>
public abstract record PlanRule(string Name, string Source)
{
    public FindingSeverity Severity { get; init; } = FindingSeverity.Error;
}

/// <summary>A rule about the plan as a whole: <paramref name="Problems"/> answers each field that breaks it, with a sentence.</summary>
internal sealed record FieldRule(string Name, string Source, Func<ClusterPlan, IEnumerable<(string Field, string Message)>> Problems) : PlanRule(Name, Source)
{
    public IEnumerable<PlanFinding> Check(ClusterPlan plan) => Problems(plan).Select(p => new PlanFinding(this, p.Field, p.Message));
}

/// <summary>A rule about each single range of some kinds: <paramref name="Problem"/> answers what is wrong with it, or null.</summary>
internal sealed record RangeRule(string Name, string Source, RangeKind[] Kinds, Func<PlanRange, string?> Problem) : PlanRule(Name, Source)
{
    public PlanFinding? Check(PlanRange range) => Problem(range) is { } problem ? new PlanFinding(this, range.Field, $"{range} {problem}") { Range = range } : null;
}

/// <summary>A rule that no range of one kind may share an address with one of another (or of the same) kind, and why.</summary>
internal sealed record DisjointRule(string Name, string Source, RangeKind Kind, RangeKind Other, string Why) : PlanRule(Name, Source)
{
    public PlanFinding Finding(PlanRange range, PlanRange other)
    {
        var shared = Cidr.Overlap(range.Block, other.Block);
        var where = range.Block == other.Block ? "" : $" in {shared}";
        return new PlanFinding(this, range.Field, $"{range} overlaps {other}{where}: {Why}.") { Range = range, Other = other };
    }
}

/// <summary>A rule that each range of one kind lies in one of another kind.</summary>
internal sealed record WithinRule(string Name, string Source, RangeKind Kind, RangeKind Outer, string Why) : PlanRule(Name, Source)
{
    public PlanFinding Finding(PlanRange range) => new(this, range.Field, $"{range} {Why}.") { Range = range };
}
