using System.Globalization;
using Spectre.Console;
using Viaduct.Cluster.Checks;

namespace Viaduct.Cli.Output;

/// <summary>The check's results as a matrix: a row for each source, a numbered column for each target; then each miss in words.</summary>
internal static class CheckMatrix
{
    private const int MissesShown = 20;

    public static void Write(IAnsiConsole console, CheckReport report)
    {
        WriteTargets(console, report.Plan.Targets);
        WriteMatrix(console, report);
        WriteMisses(console, report);
        var color = report.Misses == 0 ? "green" : "red";
        console.MarkupLine($"[{color}]{report.Results.Count} probes, {report.Misses} misses[/]");
    }

    private static void WriteTargets(IAnsiConsole console, IReadOnlyList<CheckTarget> targets)
    {
        var table = Tables.Create("#", "SERVICE", "VIA", "ADDRESS", "EXPECTED");
        foreach (var (index, target) in targets.Index())
        {
            table.AddRow(
                Number(index),
                Markup.Escape(target.Service),
                target.Via,
                $"{target.Address}:{target.Port}/{target.Protocol}",
                target.Refused ? "refused (no endpoints)" : "an answer");
        }

        console.Write(table);
        console.WriteLine();
    }

    private static void WriteMatrix(IAnsiConsole console, CheckReport report)
    {
        var table = Tables.Create(["FROM", .. report.Plan.Targets.Select((_, index) => Number(index))]);
        foreach (var row in report.Results.GroupBy(r => r.Source))
        {
            var cells = row.ToDictionary(r => r.Target, r => Cell(r.Verdict));
            table.AddRow([Markup.Escape(row.Key.Name), .. report.Plan.Targets.Select(t => cells.GetValueOrDefault(t, " "))]);
        }

        console.Write(table);
        console.MarkupLine("[grey]+ answered, r refused as it should be, ? a program that need not answer UDP, X miss, blank: not meant to work[/]");
    }

    private static void WriteMisses(IAnsiConsole console, CheckReport report)
    {
        foreach (var miss in report.Results.Where(r => r.Verdict == CheckVerdict.Miss).Take(MissesShown))
            console.MarkupLineInterpolated($"[red]miss[/] from {miss.Source.Name} to {miss.Target.Title}: {miss.Detail}");
        if (report.Misses > MissesShown)
            console.MarkupLineInterpolated($"[red]... and {report.Misses - MissesShown} more[/]");
    }

    private static string Cell(CheckVerdict verdict) => verdict switch
    {
        CheckVerdict.Reached => "[green]+[/]",
        CheckVerdict.RefusedAsItShould => "[green]r[/]",
        CheckVerdict.Unanswered => "[yellow]?[/]",
        _ => "[red]X[/]",
    };

    private static string Number(int index) => (index + 1).ToString(CultureInfo.InvariantCulture);
}
