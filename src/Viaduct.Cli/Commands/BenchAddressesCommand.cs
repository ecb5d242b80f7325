using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Benchmarks;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct bench addresses</c>.</summary>
internal static class BenchAddressesCommand
{
    public static Command Create()
    {
        var ranges = BenchCommand.Number("--ranges", "Ranges of the plan that is checked", 10_000, 1_000_000);
        var output = CommonOptions.Output();
        var command = new Command("addresses", "Measure the allocators of addresses and the check of a large plan") { ranges, output };
        command.SetRunner((parse, _) =>
        {
            using var progress = new StepProgress(CommandRunner.Stderr);
            var report = AddressBench.Run(parse.GetValue(ranges), progress.Step);
            progress.Done("Measured.");
            if (parse.GetValue(output) == "json")
                Console.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.AddressBenchReport));
            else
                Write(report);
            return Task.FromResult(CommandRunner.Success);
        });
        return command;
    }

    private static void Write(AddressBenchReport report)
    {
        var table = Tables.Create("WHAT", "MEASURED");
        Row($"one of {report.Addresses} ClusterIPs of {report.ServiceCidr}", $"{report.NanosecondsPerAllocation} ns");
        Row($"one of the last thousand", $"{report.LastNanosecondsPerAllocation} ns");
        Row($"one given back and had again, all others taken", $"{report.NanosecondsPerReplacement} ns");
        Row($"memory of that allocator", $"{report.Megabytes:0.00} MB");
        Row($"one of {report.NodeBlocks} node blocks", $"{report.NanosecondsPerNodeBlock} ns");
        Row($"memory of that allocator", $"{report.NodeBlockMegabytes:0.00} MB");
        Row($"check of a plan of {report.PlanRanges} ranges, {report.PlanFindings} findings", $"{report.PlanSeconds:0.0000} s");
        Tables.Console.Write(table);

        void Row(FormattableString what, FormattableString measured) => table.AddRow(what.ToString(CultureInfo.InvariantCulture), measured.ToString(CultureInfo.InvariantCulture));
    }
}
