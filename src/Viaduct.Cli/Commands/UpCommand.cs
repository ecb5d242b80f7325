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
        var nodes = new Option<int>("--nodes") { Description = "How many nodes", DefaultValueFactory = _ => 2 };
        var podCidr = new Option<string>("--pod-cidr") { Description = "Range of all pod addresses", DefaultValueFactory = _ => "172.20.0.0/16" };
        var nodeMask = new Option<int>("--node-cidr-mask-size") { Description = "Prefix length of each node's block of pod addresses", DefaultValueFactory = _ => 24 };
        var serviceCidr = new Option<string>("--service-cidr") { Description = "Range of the Services' addresses", DefaultValueFactory = _ => "172.21.0.0/20" };
        var apply = new Option<string[]>("--apply") { Description = "Manifests to apply, then wait until their pods run; - is standard input", AllowMultipleArgumentsPerToken = true };
        var mode = new Option<string>("--proxy-mode") { Description = $"How Services are served: {ProxyModeNames.All}", DefaultValueFactory = _ => ProxyModeNames.Default.Name() };
        mode.CompletionSources.Add(CommonOptions.ProxyModeWords);
        var foreground = new Option<bool>("--foreground") { Description = "Stay, and end the cluster on Ctrl-C" };
        var command = new Command("up", "Start a cluster") { name, nodes, podCidr, nodeMask, serviceCidr, mode, apply, foreground };
        command.SetRunner((parse, cancellation) => RunAsync(
            new ClusterSpec
            {
                Name = parse.GetValue(name)!,
                Nodes = parse.GetValue(nodes),
                PodCidr = parse.GetValue(podCidr)!,
                NodeMask = parse.GetValue(nodeMask),
                ServiceCidr = parse.GetValue(serviceCidr)!,
                ProxyMode = CommonOptions.ProxyMode(parse.GetValue(mode)!),
            },
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
