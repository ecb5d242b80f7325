using System.CommandLine;
using Microsoft.Extensions.Logging;
using Viaduct.Cli.Output;
using Viaduct.Cluster.ControlPlane;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Nodes;
using Viaduct.Cluster.Supervision;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Cli.Commands;

/// <summary>The verbs of the cluster's own processes; people never type them.</summary>
internal static class HiddenCommands
{
    public static Command Supervise() => Create("supervise", (paths, _, loggers) => SupervisorProcess.RunAsync(paths, loggers));

    public static Command ControlPlane() => Create("control-plane", (paths, _, loggers) => ControlPlaneProcess.RunAsync(paths, loggers));

    public static Command Node() => Create("node", (paths, name, loggers) => NodeProcess.RunAsync(paths, name!, loggers));

    private static Command Create(string verb, Func<ClusterPaths, string?, ILoggerFactory, Task<int>> run)
    {
        var runDirectory = new Argument<string>("run-directory");
        var stateDirectory = new Argument<string>("state-directory");
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(verb) { runDirectory, stateDirectory, name };
        command.Hidden = true;
        command.SetAction(async (parse, _) =>
        {
            RuntimeThreads.StartHere();
            using var loggers = StderrLogging.Create();
            return await run(ClusterPaths.At(parse.GetValue(runDirectory)!, parse.GetValue(stateDirectory)!), parse.GetValue(name), loggers);
        });
        return command;
    }
}
