using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Model;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct proxy-mode [MODE]</c>: how the nodes of a cluster serve Services, and its change while they do.</summary>
internal static class ProxyModeCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var output = CommonOptions.Output();
        var mode = new Argument<string?>("mode") { Description = $"The mode to change to: {ProxyModeNames.All}; without it the modes are shown", Arity = ArgumentArity.ZeroOrOne };
        mode.CompletionSources.Add(CommonOptions.ProxyModeWords);
        var command = new Command("proxy-mode", "Show how Services are served on each node, or change it while connections go on") { name, output, mode };
        command.SetRunner(async (parse, cancellation) =>
        {
            var paths = parse.Paths(name);
            var wanted = parse.GetValue(mode) is { } word ? CommonOptions.ProxyMode(word) : (ProxyMode?)null;
            ClusterConnection.RequireRunning(paths);
            if (wanted is { } chosen)
                await ChangeAsync(paths, chosen, cancellation);
            await WriteAsync(paths, isJson: parse.GetValue(output) == "json", cancellation);
            return CommandRunner.Success;
        });
        return command;
    }

    private static async Task ChangeAsync(ClusterPaths paths, ProxyMode mode, CancellationToken cancellation)
    {
        using var progress = new StepProgress(CommandRunner.Stderr);
        var started = TimeProvider.System.GetTimestamp();
        await ProxyModeChange.RunAsync(paths, mode, progress.Step, cancellation);
        progress.Done($"Cluster \"{paths.Name}\" is in proxy mode {mode.Name()} after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
    }

    private static async Task WriteAsync(ClusterPaths paths, bool isJson, CancellationToken cancellation)
    {
        var modes = (await ProxyModeChange.GetAllAsync(paths, cancellation)).ToDictionary(m => m.Key, m => m.Value?.Name());
        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(modes, OutputJson.Default.DictionaryStringString));
            return;
        }

        var table = Tables.Create("NODE", "PROXY MODE");
        foreach (var (node, mode) in modes)
            table.AddRow(node, mode ?? "-");
        Tables.Console.Write(table);
    }
}
