using System.CommandLine;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Checks;
using Viaduct.Cluster.Lifecycle;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct check</c>: tries what should work, from everywhere, and prints the matrix.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var output = CommonOptions.Output();
        var timeout = new Option<int>("--timeout") { Description = "Milliseconds to wait for each answer", DefaultValueFactory = _ => 2000 };
        var command = new Command("check", "Try every Service port from every pod, every node and the outside host") { name, output, timeout };
        command.SetRunner(async (parse, cancellation) =>
        {
            var paths = parse.Paths(name);
            using var api = ClusterConnection.OpenApi(paths);
            var plan = CheckPlan.From(await ClusterObjects.LoadAsync(api, cancellation));
            var report = await new CheckRunner(paths, TimeSpan.FromMilliseconds(parse.GetValue(timeout))).RunAsync(plan, cancellation);
            if (parse.GetValue(output) == "json")
                Console.WriteLine(CheckJson.Write(report));
            else
                CheckMatrix.Write(Tables.Console, report);
            return report.Misses == 0 ? CommandRunner.Success : CommandRunner.Failure;
        });
        return command;
    }
}
