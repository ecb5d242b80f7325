using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Benchmarks;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct bench</c>: measures this program on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Measure this program on this machine")
    {
        Proxy(), Packets(), BenchModesCommand.Create(), BenchRoutesCommand.Create(), BenchAddressesCommand.Create(),
    };

    private static Command Proxy()
    {
        var services = Number("--services", "Services to make", 5000, 200_000);
        var endpoints = Number("--endpoints", "Endpoints of each Service", 10, 100);
        var changes = Number("--changes", "Changes to time, one after the other", 1000, 100_000);
        var mode = new Option<string>("--proxy-mode") { Description = "How Services are served: nftables, iptables or ipvs", DefaultValueFactory = _ => ProxyModeNames.Default.Name() };
        mode.AcceptOnlyFromAmong("nftables", "iptables", "ipvs");
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "Use this API, in a namespace of its own, instead of an embedded one", HelpName = "FILE" };
        var output = CommonOptions.Output();
        var command = new Command("proxy", "Measure viaduct proxy with many Services, in a network namespace of its own") { services, endpoints, changes, mode, kubeconfig, output };
        command.SetRunner(async (parse, cancellation) =>
        {
            var options = new ProxyBenchOptions
            {
                Services = parse.GetValue(services),
                Endpoints = parse.GetValue(endpoints),
                Changes = parse.GetValue(changes),
                Mode = ProxyModeNames.Find(parse.GetValue(mode)!)!.Value,
                Kubeconfig = parse.GetValue(kubeconfig),
                Program = Environment.ProcessPath!,
            };
            using var progress = new StepProgress(CommandRunner.Stderr);
            var report = await ProxyBench.RunAsync(options, progress.Step, cancellation);
            progress.Done("Measured.");
            if (parse.GetValue(output) == "json")
                Console.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.ProxyBenchReport));
            else
                Write(report);
            return report.SustainedComplete || report.SustainedChanges == 0 ? CommandRunner.Success : CommandRunner.Failure;
        });
        return command;
    }

    private static Command Packets()
    {
        var services = Number("--services", "How many Services many are", 10_000, 65_000);
        var output = CommonOptions.Output();
        var command = new Command("packets", "Measure what a Service costs the packets, in network namespaces of its own") { services, output };
        command.SetRunner(async (parse, cancellation) =>
        {
            using var progress = new StepProgress(CommandRunner.Stderr);
            var report = await PacketBench.RunAsync(parse.GetValue(services), progress.Step, cancellation);
            progress.Done("Measured.");
            if (parse.GetValue(output) == "json")
                Console.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.PacketBenchReport));
            else
                Write(report);
            return CommandRunner.Success;
        });
        return command;
    }

    internal static Option<int> Number(string name, string description, int usual, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < 1 || value > most))
                result.AddError($"{name} must be between 1 and {most}.");
        });
        return option;
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

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    private static void Write(ProxyBenchReport report)
    {
        var table = Tables.Create("WHAT", "MEASURED");
        Row($"{report.Mode}: {report.Services} Services with {report.EndpointsPerService} endpoints, made in", $"{report.LoadSeconds:0.00} s");
        Row("first start: until the write begins", $"{report.ListSeconds:0.00} s");
        Row("first start: the write", $"{report.FullWriteSeconds:0.000} s");
        Row("first start: all", $"{report.TotalSeconds:0.00} s");
        Row("start with the rules present", $"{report.RestartSeconds:0.00} s, {report.RestartElementsWritten} elements written");
        Row("a change, from watch event to commit", $"p50 {report.ChangeP50Milliseconds:0.00} ms, p99 {report.ChangeP99Milliseconds:0.00} ms");
        Row("a change, from request to commit", $"p50 {report.RequestToCommitP50Milliseconds:0.00} ms, p99 {report.RequestToCommitP99Milliseconds:0.00} ms");
        if (report.FloorP50Milliseconds > 0)
            Row("the same by iptables-restore alone", $"p50 {report.FloorP50Milliseconds:0.00} ms, p99 {report.FloorP99Milliseconds:0.00} ms");
        if (report.SustainedChanges > 0)
            Row($"{report.SustainedChanges} changes at {report.SustainedRate:0} a second", $"lag {report.SustainedLagMilliseconds:0} ms, {(report.SustainedComplete ? "all" : "not all")} in the kernel");
        Row("resident memory", $"{report.ResidentMegabytes:0.0} MB, {report.ResidentMegabytesAfterChanges:0.0} MB after the changes");
        Row("idle", $"{report.IdleCpuSeconds:0.00} s of CPU time in {report.IdleSeconds:0} s");
        Tables.Console.Write(table);

        void Row(string what, FormattableString measured) => table.AddRow(what, measured.ToString(CultureInfo.InvariantCulture));
    }
}
