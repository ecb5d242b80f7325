using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Viaduct.Cli.Output;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary>What the commands of all benchmarks have in common.</summary>
internal static class Measurement
{
    /// <summary>Measures, telling each step, and prints the report: as JSON, or as a person reads it.</summary>
    public static async Task<T> RunAsync<T>(string? format, Func<Action<string>, Task<T>> measure, JsonTypeInfo<T> json, Action<T> write)
    {
        using var progress = new StepProgress(CommandRunner.Stderr);
        var report = await measure(progress.Step);
        progress.Done("Measured.");
        if (format == "json")
            Console.WriteLine(JsonSerializer.Serialize(report, json));
        else
            write(report);
        return report;
    }

    /// <summary>Prints what was measured, a line each.</summary>
    public static void Write(IEnumerable<(FormattableString What, FormattableString Measured)> rows)
    {
        var table = Tables.Create("WHAT", "MEASURED");
        foreach (var (what, measured) in rows)
            table.AddRow(Text(what), Text(measured));
        Tables.Console.Write(table);
    }

    /// <summary>Numbers as they are written everywhere, whatever the user's language.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
