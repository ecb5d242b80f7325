using System.CommandLine;
using System.Text.Json;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Nodes;
using Viaduct.Proxy.Inspection;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct service NAME</c>: what a node's proxy wants of a Service and what the kernel has, side by side; ends with 1 if they differ.</summary>
internal static class ServiceCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var output = CommonOptions.Output();
        var ns = new Option<string>("--namespace", "-n") { Description = "Namespace of the Service", DefaultValueFactory = _ => "default" };
        var node = new Option<string?>("--node") { Description = "Whose proxy and kernel; the first node if absent" };
        var service = new Argument<string>("service") { Description = "Name of the Service, or NAMESPACE/NAME as status and check print it" };
        var command = new Command("service", "Show a Service as the proxy wants it and as the kernel has it") { name, ns, node, output, service };
        command.SetRunner(async (parse, cancellation) =>
        {
            var paths = parse.Paths(name);
            ClusterConnection.RequireRunning(paths);
            var (space, plain) = parse.GetValue(service)!.Split('/', 2) is [var first, var second] ? (first, second) : (parse.GetValue(ns)!, parse.GetValue(service)!);
            var report = await ServiceReportClient.GetAsync(paths, parse.GetValue(node), space, plain, cancellation);
            if (parse.GetValue(output) == "json")
                Console.WriteLine(JsonSerializer.Serialize(report, ServiceReportJson.Default.ServiceReport));
            else if (report.IsFound)
                ServiceTables.Write(Tables.Console, report);
            if (!report.IsFound)
                CommandRunner.Fail(NotFound(report));
            return report.IsEqual != false ? CommandRunner.Success : CommandRunner.Failure;
        });
        return command;
    }

    private static string NotFound(ServiceReport report) =>
        $"The proxy of {report.Node} serves no Service {report.Namespace}/{report.Name}"
        + (report.Nearest is { } nearest ? $"; did you mean {nearest}?" : "; viaduct status lists all, of which headless ones need no proxy");
}
