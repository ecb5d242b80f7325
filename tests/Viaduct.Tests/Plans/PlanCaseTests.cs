using Viaduct.Addressing;
using Viaduct.Cluster.Plans;
using Viaduct.Tests.Repository;

namespace Viaduct.Tests.Plans;

/// <summary>
/// One folder for each rule of planning, of that name: bad.yaml breaks it, good.yaml is a neighbour that does not, findings.txt is what is said about the
/// bad one. VIADUCT_WRITE_GOLDEN=1 writes findings.txt anew, to be read before it is committed.
/// </summary>
public class PlanCaseTests
{
    private static readonly string s_directory = Path.Combine(RepositoryFiles.Root, "tests", "Viaduct.Tests", "Plans");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Path.Combine(s_directory, "Cases")).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Valid => [.. Directory.GetFiles(Path.Combine(s_directory, "Valid")).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_bad_plan_is_told_by_its_rule(string rule)
    {
        var document = Load("Cases", rule, "bad.yaml");
        var findings = PlanChecker.Check(document.Plan);
        Assert.Contains(findings, f => f.Rule.Name == rule);
        Assert.All(findings.Where(f => f.Other is not null), f => Assert.NotNull(f.Overlap));
        var said = findings.Select(f => $"{f.Severity.ToString().ToLowerInvariant()} {f.Rule.Name}: {(document.LineOf(f.Field) is { } line ? $"line {line}: " : "")}{f}\n");
        Golden(Path.Combine(s_directory, "Cases", rule, "findings.txt"), $"# viaduct plan bad.yaml\n{string.Concat(said)}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Its_neighbour_is_valid_and_breaks_the_rule_no_more(string rule)
    {
        var findings = PlanChecker.Check(Load("Cases", rule, "good.yaml").Plan);
        Assert.DoesNotContain(findings, f => f.Severity == FindingSeverity.Error || f.Rule.Name == rule);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_usual_plan_breaks_no_rule(string name) => Assert.Empty(PlanChecker.Check(Load("Valid", $"{name}.yaml").Plan));

    [Fact]
    public void Every_rule_has_a_case_and_says_where_it_is_written()
    {
        var plans =
            from provider in Enum.GetValues<PlanProvider>()
            from mode in Enum.GetValues<PlanMode>()
            select ClusterPlan.Default with { Provider = provider, Mode = mode };
        var rules = plans.SelectMany(PlanChecker.Rules).DistinctBy(r => r.Name).ToList();
        Assert.All(rules, r => Assert.False(string.IsNullOrWhiteSpace(r.Source)));
        Assert.Equal(rules.Select(r => r.Name).Order(StringComparer.Ordinal), Cases.Select(c => c.Data));
    }

    private static PlanDocument Load(params string[] path) => PlanFile.Load(Path.Combine([s_directory, .. path]));

    private static void Golden(string file, string text)
    {
        if (Environment.GetEnvironmentVariable("VIADUCT_WRITE_GOLDEN") == "1")
            File.WriteAllText(file, text);
        Assert.Equal(File.ReadAllText(file), text);
    }
}
