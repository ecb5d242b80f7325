using System.CommandLine;
using Viaduct.Cluster.Lifecycle;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct down</c>: ends a cluster and removes everything of it.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var command = new Command("down", "End a cluster and remove all of it") { name };
        command.SetRunner((parse, _) =>
        {
            var paths = parse.Paths(name);
            var stopped = ClusterStopper.Stop(paths);
            Console.WriteLine(stopped ? $"Cluster \"{paths.Name}\" is gone." : $"There is no cluster \"{paths.Name}\".");
            return Task.FromResult(CommandRunner.Success);
        });
        return command;
    }
}
