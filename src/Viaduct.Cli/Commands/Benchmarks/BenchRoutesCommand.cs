using System.CommandLine;
using Viaduct.Cluster.Benchmarks;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary><c>viaduct bench routes</c>.</summary>
internal static class BenchRoutesCommand
{
    public static Command Create()
    {
        var nodes = BenchCommand.Number("--nodes", "Nodes besides the one that is measured", 1000, 4000);
        var changes = BenchCommand.Number("--changes", "Changes to time, one after the other", 1000, 100_000);
        var backend = new Option<string>("--backend") { Description = "How pods of other nodes are reached", HelpName = string.Join('|', RouteBackends.Names), DefaultValueFactory = _ => "host-gw" };
        backend.AcceptOnlyFromAmong([.. RouteBackends.Names.Where(n => n != RouteBackend.Vpc.Name())]);
        var output = CommonOptions.Output();
        var command = new Command("routes", "Measure viaduct routes in a cluster of many nodes, in a network namespace of its own") { nodes, changes, backend, output };
        command.SetRunner(async (parse, cancellation) =>
        {
            var options = new RoutesBenchOptions
            {
                Nodes = parse.GetValue(nodes),
                Changes = parse.GetValue(changes),
                Backend = RouteBackends.Parse(parse.GetValue(backend)!)!.Value,
                Program = Environment.ProcessPath!,
            };
            await Measurement.RunAsync(parse.GetValue(output), step => RoutesBench.RunAsync(options, step, cancellation), BenchJson.Default.RoutesBenchReport, Write);
            return CommandRunner.Success;
        });
        return command;
    }

    private static void Write(RoutesBenchReport report) => Measurement.Write(
    [
        ($"routes to {report.Nodes} nodes with {report.Backend}, from the process's start", $"{report.TotalSeconds:0.000} s"),
        ($"of that: from the first entry in the kernel to the last", $"{report.WriteSeconds:0.000} s"),
        ($"{report.Changes} nodes that go or come, from watch event to route", $"p50 {report.ChangeP50Milliseconds:0.00} ms, p99 {report.ChangeP99Milliseconds:0.00} ms"),
        ($"the same from request to route", $"p50 {report.RequestToRouteP50Milliseconds:0.00} ms, p99 {report.RequestToRouteP99Milliseconds:0.00} ms"),
        ($"all routes removed, until all are back", $"{report.FlushMilliseconds:0} ms"),
        ($"start with the routes present and one node gone", $"{report.RestartSeconds:0.000} s, {report.RestartRoutesWritten} other routes written"),
        ($"resident memory", $"{report.ResidentMegabytes:0.0} MB, {report.ResidentMegabytesAfterChanges:0.0} MB after the changes"),
        ($"idle", $"{report.IdleCpuSeconds:0.00} s of CPU time in {report.IdleSeconds:0} s"),
    ]);
}
