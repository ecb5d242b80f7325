using Viaduct.Addressing;

namespace Viaduct.Cluster.Plans;

/// <summary>All that is to be said about a plan.</summary>
/// <param name="Document">The plan.</param>
/// <param name="Findings">What is wrong with it, what cannot work first.</param>
/// <param name="Capacity">How large the cluster can become.</param>
/// <param name="Suggestion">A valid plan near it, or null: not asked for, or none found.</param>
/// <param name="IsSuggestionAsked">Whether one was asked for.</param>
public sealed record PlanReport(PlanDocument Document, IReadOnlyList<PlanFinding> Findings, PlanCapacity Capacity, ClusterPlan? Suggestion, bool IsSuggestionAsked)
{
    public bool IsValid => Errors == 0;

    public int Errors => Findings.Count(f => f.Severity == FindingSeverity.Error);

    public int Warnings => Findings.Count - Errors;

    public static PlanReport Of(PlanDocument document, bool suggest)
    {
        var findings = PlanChecker.Check(document.Plan);
        var needsOne = suggest && findings.Any(f => f.Severity == FindingSeverity.Error);
        return new PlanReport(document, findings, PlanCapacity.Of(document.Plan), needsOne ? PlanSuggestion.Near(document.Plan) : null, suggest);
    }

    /// <summary>The fields in which the suggestion differs, as lines of a plan's file.</summary>
    public IReadOnlyList<(string Line, string Before)> Changes => Suggestion is { } suggestion ? [.. Differences(Document.Plan, suggestion)] : [];

    private static IEnumerable<(string, string)> Differences(ClusterPlan before, ClusterPlan after)
    {
        if (before.Vpc != after.Vpc)
            yield return ($"vpc: {Yaml(after.Vpc)}", Yaml(before.Vpc));
        foreach (var change in VSwitches("vSwitches", before.VSwitches, after.VSwitches).Concat(VSwitches("podVSwitches", before.PodVSwitches, after.PodVSwitches)))
            yield return change;
        if (before.PodCidr != after.PodCidr)
            yield return ($"podCidr: {Yaml(after.PodCidr)}", Yaml(before.PodCidr));
        if (before.NodeMask != after.NodeMask)
            yield return ($"nodeMask: {after.NodeMask}", $"{before.NodeMask}");
        if (before.ServiceCidr != after.ServiceCidr)
            yield return ($"serviceCidr: {Yaml(after.ServiceCidr)}", Yaml(before.ServiceCidr));
        if (!Equals(before.DnsServiceIp, after.DnsServiceIp))
            yield return ($"dnsServiceIp: {after.DnsServiceIp}", $"{before.DnsServiceIp}");
    }

    private static IEnumerable<(string, string)> VSwitches(string field, IReadOnlyList<VSwitchPlan> before, IReadOnlyList<VSwitchPlan> after)
    {
        for (var i = 0; i < after.Count; i++)
        {
            if (before[i].Cidr != after[i].Cidr)
                yield return ($"{field}[{i}].cidr: {Yaml(after[i].Cidr)}", Yaml(before[i].Cidr));
        }
        if (after.Count == 0 && before.Count > 0)
            yield return ($"{field}: []", $"{before.Count} of them");
    }

    private static string Yaml(IpRanges ranges) => ranges.Count switch { 0 => "~", 1 => $"{ranges.Primary}", _ => $"[{string.Join(", ", ranges)}]" };
}
