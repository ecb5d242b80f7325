using System.CommandLine;
using Viaduct.Cluster.Lifecycle;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct kubeconfig</c>: prints the kubeconfig, or where it is.</summary>
internal static class KubeconfigCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var path = new Option<bool>("--path") { Description = "Print the file's path instead of its text" };
        var command = new Command("kubeconfig", "Print the kubeconfig of a running cluster") { name, path };
        command.SetRunner(async (parse, cancellation) =>
        {
            var paths = parse.Paths(name);
            ClusterConnection.RequireRunning(paths);
            Console.WriteLine(parse.GetValue(path) ? paths.Kubeconfig : (await File.ReadAllTextAsync(paths.Kubeconfig, cancellation)).TrimEnd());
            return CommandRunner.Success;
        });
        return command;
    }
}
