using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Checks;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Supervision;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct status</c>: processes, nodes, pods and Services of a running cluster.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var output = CommonOptions.Output();
        var command = new Command("status", "Show processes, nodes, pods and Services") { name, output };
        command.SetRunner(async (parse, cancellation) =>
        {
            var paths = parse.Paths(name);
            using var api = ClusterConnection.OpenApi(paths);
            using var supervisor = new SupervisorClient(paths);
            var status = StatusDocument.From(
                paths.Name, paths.Kubeconfig, await supervisor.GetProcessesAsync(cancellation), await ClusterObjects.LoadAsync(api, cancellation),
                await ProxyModeChange.GetAllAsync(paths, cancellation));
            if (parse.GetValue(output) == "json")
                Console.WriteLine(JsonSerializer.Serialize(status, OutputJson.Default.StatusDocument));
            else
                Write(Tables.Console, status);
            return CommandRunner.Success;
        });
        return command;
    }

    private static void Write(IAnsiConsole console, StatusDocument status)
    {
        var processes = Tables.Create("PROCESS", "PID", "RESTARTS");
        foreach (var process in status.Processes)
            processes.AddRow(process.Name, process.Id?.ToString(CultureInfo.InvariantCulture) ?? "-", process.Restarts.ToString(CultureInfo.InvariantCulture));
        console.Write(processes);

        var nodes = Tables.Create("NODE", "READY", "ADDRESS", "POD CIDR", "PROXY MODE", "PODS");
        foreach (var node in status.Nodes)
            nodes.AddRow(node.Name, YesNo(node.Ready), node.Address ?? "-", node.PodCidr ?? "-", node.ProxyMode ?? "-", status.Pods.Count(p => p.Node == node.Name).ToString(CultureInfo.InvariantCulture));
        console.Write(nodes);

        var pods = Tables.Create("POD", "PHASE", "READY", "ADDRESS", "NODE");
        foreach (var pod in status.Pods)
            pods.AddRow(Markup.Escape($"{pod.Namespace}/{pod.Name}"), pod.Phase, YesNo(pod.Ready), pod.Address ?? "-", pod.Node ?? "-");
        console.Write(pods);

        var services = Tables.Create("SERVICE", "TYPE", "CLUSTER-IP", "PORTS");
        foreach (var service in status.Services)
            services.AddRow(Markup.Escape($"{service.Namespace}/{service.Name}"), service.Type, service.ClusterIP ?? "-", string.Join(',', service.Ports));
        console.Write(services);
        console.WriteLine($"kubeconfig: {status.Kubeconfig}");
    }

    private static string YesNo(bool value) => value ? "yes" : "no";
}
