using System.CommandLine;
using Viaduct.Cluster.Benchmarks;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary><c>viaduct bench addresses</c>.</summary>
internal static class BenchAddressesCommand
{
    public static Command Create()
    {
        var ranges = BenchCommand.Number("--ranges", "Ranges of the plan that is checked", 10_000, 1_000_000);
        var output = CommonOptions.Output();
        var command = new Command("addresses", "Measure the allocators of addresses and the check of a large plan") { ranges, output };
        command.SetRunner(async (parse, _) =>
        {
            await Measurement.RunAsync(
                parse.GetValue(output), step => Task.FromResult(AddressBench.Run(parse.GetValue(ranges), step)), BenchJson.Default.AddressBenchReport, Write);
            return CommandRunner.Success;
        });
        return command;
    }

    private static void Write(AddressBenchReport report) => Measurement.Write(
    [
        ($"one of {report.Addresses} ClusterIPs of {report.ServiceCidr}", $"{report.NanosecondsPerAllocation} ns"),
        ($"one of the last thousand", $"{report.LastNanosecondsPerAllocation} ns"),
        ($"one given back and had again, all others taken", $"{report.NanosecondsPerReplacement} ns"),
        ($"memory of that allocator", $"{report.Megabytes:0.00} MB"),
        ($"one of {report.NodeBlocks} node blocks", $"{report.NanosecondsPerNodeBlock} ns"),
        ($"memory of that allocator", $"{report.NodeBlockMegabytes:0.00} MB"),
        ($"check of a plan of {report.PlanRanges} ranges, {report.PlanFindings} findings", $"{report.PlanSeconds:0.0000} s"),
    ]);
}
