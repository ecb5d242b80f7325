using System.Globalization;
using System.Text.Json;
using Viaduct.Addressing;
using Viaduct.Cluster.Plans;

namespace Viaduct.Cli.Output;

/// <summary>A plan's report for machines. Counts are texts: an IPv6 range has more addresses than a JSON number has digits.</summary>
internal static class PlanJson
{
    public static string Write(PlanReport report) => JsonSerializer.Serialize(
        new PlanOutput(
            report.IsValid,
            [.. report.Findings.Select(f => Describe(report, f))],
            [.. report.Capacity.Limits.Select(Describe)],
            report.Capacity.FirstToEnd is { } first ? Describe(first) : null,
            report.IsSuggestionAsked && report.Suggestion is { } suggestion ? Describe(suggestion) : null),
        OutputJson.Default.PlanOutput);

    private static PlanFindingOutput Describe(PlanReport report, PlanFinding finding) => new(
        finding.Severity.ToString().ToLowerInvariant(), finding.Rule.Name, finding.Rule.Source, finding.Field, report.Document.LineOf(finding.Field), finding.Message,
        Describe(finding.Range), Describe(finding.Other), finding.Overlap?.ToString());

    private static PlanRangeOutput? Describe(PlanRange? range) => range is null ? null : new(range.Name, range.Field, range.Block.ToString());

    private static PlanLimitOutput Describe(CapacityLimit limit) =>
        new(limit.Resource.ToString(), limit.Limit.ToString(CultureInfo.InvariantCulture), limit.Wanted, limit.Used, limit.Field, limit.What);

    private static PlanSuggestionOutput Describe(ClusterPlan plan) => new(
        Texts(plan.Vpc),
        [.. plan.VSwitches.Select(Describe)],
        [.. plan.PodVSwitches.Select(Describe)],
        Texts(plan.PodCidr), plan.NodeMask, plan.NodeMaskIPv6, Texts(plan.ServiceCidr), plan.DnsServiceIp?.ToString());

    private static PlanVSwitchOutput Describe(VSwitchPlan vSwitch) => new(vSwitch.Name, vSwitch.Zone, Texts(vSwitch.Cidr));

    private static IReadOnlyList<string> Texts(IpRanges ranges) => [.. ranges.Select(r => r.ToString())];
}

internal sealed record PlanOutput(
    bool Valid, IReadOnlyList<PlanFindingOutput> Findings, IReadOnlyList<PlanLimitOutput> Capacity, PlanLimitOutput? FirstToEnd, PlanSuggestionOutput? Suggestion);

internal sealed record PlanFindingOutput(
    string Severity, string Rule, string Source, string Field, long? Line, string Message, PlanRangeOutput? Range, PlanRangeOutput? Other, string? Overlap);

internal sealed record PlanRangeOutput(string Name, string Field, string Block);

internal sealed record PlanLimitOutput(string Resource, string Limit, int? Planned, double? Used, string Field, string Because);

internal sealed record PlanSuggestionOutput(
    IReadOnlyList<string> Vpc, IReadOnlyList<PlanVSwitchOutput> VSwitches, IReadOnlyList<PlanVSwitchOutput> PodVSwitches, IReadOnlyList<string> PodCidr, int NodeMask, int NodeMaskIPv6,
    IReadOnlyList<string> ServiceCidr, string? DnsServiceIp);

internal sealed record PlanVSwitchOutput(string Name, string Zone, IReadOnlyList<string> Cidr);
