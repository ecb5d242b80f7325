using System.CommandLine;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Model;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct up</c>: starts a cluster, applies manifests if asked, and says what to try next.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var name = CommonOptions.Name();
        var options = new ClusterOptions();
        var apply = new Option<string[]>("--apply") { Description = "Manifests to apply, then wait until their pods run; - is standard input", AllowMultipleArgumentsPerToken = true };
        var mode = new Option<string>("--proxy-mode") { Description = $"How Services are served: {ProxyModeNames.All}", DefaultValueFactory = _ => ProxyModeNames.Default.Name() };
        mode.CompletionSources.Add(CommonOptions.ProxyModeWords);
        var foreground = new Option<bool>("--foreground") { Description = "Stay, and end the cluster on Ctrl-C" };
        var command = new Command("up", "Start a cluster") { name, mode, apply, foreground };
        options.AddTo(command);
        command.SetRunner((parse, cancellation) => RunAsync(
            options.Read(parse).ToSpec(parse.GetValue(name)!) with { ProxyMode = CommonOptions.ProxyMode(parse.GetValue(mode)!) },
            parse.GetValue(apply) ?? [],
            parse.GetValue(foreground),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ClusterSpec spec, string[] manifests, bool foreground, CancellationToken cancellation)
    {
        var paths = ClusterPaths.For(spec.Name);
        ClusterPreconditions.Check(spec);
        var documents = ManifestFiles.Read(manifests);
        var started = TimeProvider.System.GetTimestamp();
        using var progress = new StepProgress(CommandRunner.Stderr);
        await using var cluster = await ClusterStarter.StartAsync(spec, paths, progress.Step, cancellation);
        using var api = ClusterConnection.OpenApi(paths);
        progress.Step("Waiting for the nodes");
        await Readiness.WaitForNodesAsync(api, spec.Nodes, cancellation);
        await ManifestFiles.ApplyAsync(api, documents, progress, cancellation);
        progress.Done($"Cluster \"{spec.Name}\" is up after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");

        await ClusterSummary.WriteAsync(Tables.Console, spec, paths, api, cancellation);
        if (!foreground)
        {
            cluster.Detach();
            return CommandRunner.Success;
        }

        CommandRunner.Stderr.MarkupLine("Ctrl-C ends the cluster.");
        await cluster.Ended.WaitAsync(cancellation);
        return CommandRunner.Failure;
    }
}
