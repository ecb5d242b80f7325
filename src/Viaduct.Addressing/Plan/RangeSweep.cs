namespace Viaduct.Addressing;

/// <summary>
/// Finds which ranges overlap in one pass over them in order of their begin. Blocks are nested or apart, so that at each range
/// those around it form a stack; only kinds that a rule forbids are looked at, so that the cost is that of sorting and of what is found.
/// </summary>
internal sealed class RangeSweep
{
    private readonly Stack<PlanRange>[] _open = [.. Enum.GetValues<RangeKind>().Select(_ => new Stack<PlanRange>())];
    private readonly ILookup<RangeKind, (RangeKind Other, DisjointRule Rule)> _disjoint;
    private readonly ILookup<RangeKind, WithinRule> _within;

    public RangeSweep(IEnumerable<PlanRule> rules)
    {
        var all = rules.ToList();
        _disjoint = all.OfType<DisjointRule>()
            .SelectMany(r => r.Kind == r.Other ? [(r.Kind, r.Other, Rule: r)] : new[] { (r.Kind, r.Other, Rule: r), (r.Other, r.Kind, Rule: r) })
            .ToLookup(r => r.Item1, r => (r.Item2, r.Rule));
        _within = all.OfType<WithinRule>().ToLookup(r => r.Kind);
    }

    public IEnumerable<PlanFinding> Run(IEnumerable<PlanRange> ranges)
    {
        foreach (var range in ranges.OrderBy(r => r.Block.IsIPv6()).ThenBy(r => r.Block.First()).ThenBy(r => r.Block.PrefixLength).ThenBy(r => r.Kind))
        {
            foreach (var (other, rule) in _disjoint[range.Kind])
            {
                foreach (var outer in Around(range, other))
                    yield return rule.Kind == range.Kind && rule.Other == other ? rule.Finding(range, outer) : rule.Finding(outer, range);
            }
            foreach (var rule in _within[range.Kind].Where(r => Around(range, r.Outer).Count == 0))
                yield return rule.Finding(range);
            Around(range, range.Kind).Push(range);
        }
    }

    /// <summary>The ranges of a kind that hold the range; those that have ended are forgotten.</summary>
    private Stack<PlanRange> Around(PlanRange range, RangeKind kind)
    {
        var open = _open[(int)kind];
        while (open.TryPeek(out var last) && !last.Block.Contains(range.Block))
            open.Pop();
        return open;
    }
}
