using System.CommandLine;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Benchmarks;
using Viaduct.Cluster.Benchmarks.Modes;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary><c>viaduct bench modes</c>: all ways to serve a Service, side by side.</summary>
internal static class BenchModesCommand
{
    private const int MostServices = 40_000;

    public static Command Create()
    {
        var services = new Option<int[]>("--services")
        {
            Description = "How many Services there are; several numbers are measured one after the other",
            DefaultValueFactory = _ => [100, 1000, 5000],
            AllowMultipleArgumentsPerToken = true,
        };
        services.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int[]>()?.Any(s => s is < 1 or > MostServices) == true)
                result.AddError($"--services must be between 1 and {MostServices}.");
        });
        var rounds = BenchCommand.Number("--rounds", "How often each mode has its turn", 20, 1000);
        var peers = new Option<bool>("--peers") { Description = "Measure haproxy and socat as well, which copy as userspace mode does" };
        var plot = new Option<string?>("--plot") { Description = "Write a plot to this file, as SVG", HelpName = "FILE" };
        var output = new Option<string>("--output", "-o") { Description = "text for people, json for machines, svg for the plot", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json", "svg");
        var command = new Command("modes", "Measure all proxy modes side by side, in network namespaces of their own") { services, rounds, peers, plot, output };
        command.SetRunner(async (parse, cancellation) =>
        {
            var options = new ModesBenchOptions
            {
                Services = parse.GetValue(services)!,
                Rounds = parse.GetValue(rounds),
                WithPeers = parse.GetValue(peers),
                Program = Environment.ProcessPath!,
            };
            var format = parse.GetValue(output);
            var report = await Measurement.RunAsync(format, step => ModesBench.RunAsync(options, step, cancellation), BenchJson.Default.ModesReport, r => Write(r, format));
            if (parse.GetValue(plot) is { } file)
                await File.WriteAllTextAsync(file, ModesPlot.Draw(report), cancellation);
            return CommandRunner.Success;
        });
        return command;
    }

    private static void Write(ModesReport report, string? format)
    {
        if (format == "svg")
            Console.Write(ModesPlot.Draw(report));
        else
            ModesTables.Write(report);
    }
}
