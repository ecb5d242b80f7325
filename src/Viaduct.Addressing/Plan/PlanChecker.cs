using Viaduct.Addressing.Rules;

namespace Viaduct.Addressing;

/// <summary>Holds a plan against all rules of its provider. Pure.</summary>
public static class PlanChecker
{
    /// <summary>A plan so wrong that its findings do not fit here is told by these.</summary>
    public const int MostFindings = 1000;

    /// <summary>Everything wrong with the plan, what cannot work first.</summary>
    public static IReadOnlyList<PlanFinding> Check(ClusterPlan plan)
    {
        var rules = RuleBook.For(plan);
        var ranges = PlanRange.Of(plan).ToList();
        var findings = Fields(rules, plan)
            .Concat(Single(rules, ranges))
            .Concat(new RangeSweep(rules).Run(ranges.Concat(ReservedRanges.All).Concat(ReservedRanges.Outside(plan))));
        return [.. findings.Take(MostFindings).OrderBy(f => f.Severity)];
    }

    /// <summary>The rules that a plan is held against.</summary>
    public static IReadOnlyList<PlanRule> Rules(ClusterPlan plan) => RuleBook.For(plan);

    private static IEnumerable<PlanFinding> Fields(IReadOnlyList<PlanRule> rules, ClusterPlan plan) => rules.OfType<FieldRule>().SelectMany(r => r.Check(plan));

    private static IEnumerable<PlanFinding> Single(IReadOnlyList<PlanRule> rules, IReadOnlyList<PlanRange> ranges)
    {
        foreach (var rule in rules.OfType<RangeRule>())
        {
            foreach (var range in ranges.Where(r => rule.Kinds.Contains(r.Kind)))
            {
                if (rule.Check(range) is { } finding)
                    yield return finding;
            }
        }
    }
}
