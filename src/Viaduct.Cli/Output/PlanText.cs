using System.Globalization;
using Spectre.Console;
using Viaduct.Addressing;
using Viaduct.Cluster.Plans;

namespace Viaduct.Cli.Output;

/// <summary>A plan for people: the picture, what there is room for, and what is wrong.</summary>
internal static class PlanText
{
    private const int WidthOfPipe = 120;

    public static void Write(IAnsiConsole console, PlanReport report)
    {
        var plan = report.Document.Plan;
        if (report.IsValid)
            Lines(console, PlanPicture.Draw(plan));
        foreach (var line in PlanMap.Draw(plan, report.Findings, Width()))
            console.MarkupLine(line.IsConflict ? $"[red]{Markup.Escape(line.Text)}[/]" : Markup.Escape(line.Text));
        console.WriteLine();
        Capacity(console, report.Capacity);
        Findings(console, report);
        Suggestion(console, report);
        Verdict(console, report);
    }

    private static void Lines(IAnsiConsole console, IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
            console.WriteLine(line);
        console.WriteLine();
    }

    private static void Capacity(IAnsiConsole console, PlanCapacity capacity)
    {
        var table = Tables.Create("ROOM FOR", "MOST", "PLANNED", "USED", "BECAUSE OF");
        foreach (var limit in capacity.Limits.OrderBy(l => l.Resource).ThenBy(l => l.Limit))
        {
            var used = limit.Used is not { } part ? "-" : part is > 0 and < 0.01 ? "<1%" : string.Create(CultureInfo.InvariantCulture, $"{100 * part:0}%");
            table.AddRow(Noun(limit.Resource), Count.Of(limit.Limit), limit.Wanted is { } wanted ? Count.Of((uint)wanted) : "-", used, Markup.Escape(limit.What));
        }
        console.Write(table);
        if (capacity.FirstToEnd is { } first)
            console.MarkupLineInterpolated($"First to end: {first.What}, at {Count.Of(first.Limit)} {Noun(first.Resource)}{Growth(first)}.");
        console.WriteLine();
    }

    /// <summary>How much the plan can grow until then.</summary>
    private static string Growth(CapacityLimit first) => first.Used is > 1
        ? ", which is less than planned"
        : string.Create(CultureInfo.InvariantCulture, $", when the cluster is {1 / first.Used!.Value:0.#} times as large as planned");

    private static void Findings(IAnsiConsole console, PlanReport report)
    {
        foreach (var finding in report.Findings)
        {
            var colour = finding.Severity == FindingSeverity.Error ? "red" : "yellow";
            var line = report.Document.LineOf(finding.Field) is { } number ? $"line {number}: " : "";
            console.MarkupLine($"[{colour}]{finding.Severity.ToString().ToLowerInvariant()}[/] {Markup.Escape(finding.Rule.Name)}: {Markup.Escape(line + finding)}");
            console.MarkupLineInterpolated($"      [grey]{finding.Rule.Source}[/]");
        }
        if (report.Findings.Count == PlanChecker.MostFindings)
            console.MarkupLine("There are more findings than these.");
        if (report.Findings.Count > 0)
            console.WriteLine();
    }

    private static void Suggestion(IAnsiConsole console, PlanReport report)
    {
        if (!report.IsSuggestionAsked || report.IsValid)
            return;
        if (report.Suggestion is null)
        {
            console.WriteLine("No valid plan was found near this one by moving and resizing its ranges.");
            return;
        }
        console.WriteLine("A valid plan near this one:");
        foreach (var (line, before) in report.Changes)
            console.MarkupLineInterpolated($"  [green]{line}[/]   # instead of {before}");
        console.WriteLine();
    }

    private static void Verdict(IAnsiConsole console, PlanReport report)
    {
        var rules = PlanChecker.Rules(report.Document.Plan).Count;
        if (report.IsValid)
            console.MarkupLineInterpolated($"[green]valid[/]: {report.Document.Name} breaks none of {rules} rules{(report.Warnings > 0 ? $", but there are {report.Warnings} warnings" : "")}. Once built, none of its ranges and masks can be changed.");
        else
            console.MarkupLineInterpolated($"[red]invalid[/]: {report.Document.Name} has {report.Errors} {(report.Errors == 1 ? "error" : "errors")} and {report.Warnings} {(report.Warnings == 1 ? "warning" : "warnings")}, of {rules} rules.");
    }

    private static string Noun(CapacityResource resource) => resource switch
    {
        CapacityResource.Nodes => "nodes",
        CapacityResource.PodsPerNode => "pods on a node",
        _ => "Services",
    };

    private static int Width()
    {
        if (Console.IsOutputRedirected)
            return WidthOfPipe;
        return Math.Clamp(Console.WindowWidth, 80, 200);
    }
}
