using System.CommandLine;
using Viaduct.Cluster.Benchmarks;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cli.Commands.Benchmarks;

/// <summary><c>viaduct bench proxy</c>.</summary>
internal static class BenchProxyCommand
{
    public static Command Create()
    {
        var services = BenchCommand.Number("--services", "Services to make", 5000, 200_000);
        var endpoints = BenchCommand.Number("--endpoints", "Endpoints of each Service", 10, 100);
        var changes = BenchCommand.Number("--changes", "Changes to time, one after the other", 1000, 100_000);
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
            var report = await Measurement.RunAsync(parse.GetValue(output), step => ProxyBench.RunAsync(options, step, cancellation), BenchJson.Default.ProxyBenchReport, Write);
            return report.SustainedComplete || report.SustainedChanges == 0 ? CommandRunner.Success : CommandRunner.Failure;
        });
        return command;
    }

    private static void Write(ProxyBenchReport report) => Measurement.Write(Rows(report));

    private static IEnumerable<(FormattableString What, FormattableString Measured)> Rows(ProxyBenchReport report)
    {
        yield return ($"{report.Mode}: {report.Services} Services with {report.EndpointsPerService} endpoints, made in", $"{report.LoadSeconds:0.00} s");
        yield return ($"first start: until the write begins", $"{report.ListSeconds:0.00} s");
        yield return ($"first start: the write", $"{report.FullWriteSeconds:0.000} s");
        yield return ($"first start: all", $"{report.TotalSeconds:0.00} s");
        yield return ($"start with the rules present", $"{report.RestartSeconds:0.00} s, {report.RestartElementsWritten} elements written");
        yield return ($"a change, from watch event to commit", $"p50 {report.ChangeP50Milliseconds:0.00} ms, p99 {report.ChangeP99Milliseconds:0.00} ms");
        yield return ($"a change, from request to commit", $"p50 {report.RequestToCommitP50Milliseconds:0.00} ms, p99 {report.RequestToCommitP99Milliseconds:0.00} ms");
        if (report.FloorP50Milliseconds > 0)
            yield return ($"the same by iptables-restore alone", $"p50 {report.FloorP50Milliseconds:0.00} ms, p99 {report.FloorP99Milliseconds:0.00} ms");
        if (report.SustainedChanges > 0)
            yield return ($"{report.SustainedChanges} changes at {report.SustainedRate:0} a second", $"lag {report.SustainedLagMilliseconds:0} ms, {(report.SustainedComplete ? "all" : "not all")} in the kernel");
        yield return ($"resident memory", $"{report.ResidentMegabytes:0.0} MB, {report.ResidentMegabytesAfterChanges:0.0} MB after the changes");
        yield return ($"idle", $"{report.IdleCpuSeconds:0.00} s of CPU time in {report.IdleSeconds:0} s");
    }
}
