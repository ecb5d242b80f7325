using System.CommandLine;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Benchmarks;
using static Viaduct.Cli.Commands.Benchmarks.Measurement;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary><c>viaduct bench packets</c>.</summary>
internal static class BenchPacketsCommand
{
    public static Command Create()
    {
        var services = BenchCommand.Number("--services", "How many Services many are", 10_000, 65_000);
        var output = CommonOptions.Output();
        var command = new Command("packets", "Measure what a Service costs the packets, in network namespaces of its own") { services, output };
        command.SetRunner(async (parse, cancellation) =>
        {
            await Measurement.RunAsync(
                parse.GetValue(output), step => PacketBench.RunAsync(parse.GetValue(services), step, cancellation), BenchJson.Default.PacketBenchReport, Write);
            return CommandRunner.Success;
        });
        return command;
    }

    private static void Write(PacketBenchReport report)
    {
        var table = Tables.Create("WAY", "CONNECT P50", "P90", "DIRECT P50", "REQUESTS/S", "OF DIRECT", "GBIT/S", "OF DIRECT");
        foreach (var path in report.Paths)
        {
            table.AddRow(
                path.Path, Text($"{path.ConnectP50Microseconds:0.0} us"), Text($"{path.ConnectP90Microseconds:0.0} us"), Text($"{path.DirectConnectP50Microseconds:0.0} us"),
                Text($"{path.RequestsPerSecond:0}"), Text($"{path.RequestsOfDirect:0.0 %}"), Text($"{path.GigabitsPerSecond:0.0}"), Text($"{path.GigabitsOfDirect:0.0 %}"));
        }

        Tables.Console.Write(table);
    }
}
