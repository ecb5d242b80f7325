using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>
/// The same Services and the same load by every mode of the proxy, beside the way without a Service and, if wanted, beside well-known programs that copy. Each way has a node in a
/// namespace of its own with the real program; the ways take turns, so that the machine's moods meet all of them.
/// </summary>
public static class ModesBench
{
    /// <summary>Runs everything and leaves nothing behind.</summary>
    /// <exception cref="ClusterException">A way failed, or something took longer than its limit.</exception>
    public static async Task<ModesReport> RunAsync(ModesBenchOptions options, Action<string> step, CancellationToken cancellation)
    {
        // Both ends of all connections are here.
        DescriptorLimit.RaiseTo(4L * options.ManyConnections);
        var (ways, skipped) = ModeWay.Find(options.WithPeers);
        var report = new ModesReport
        {
            Sizes = [],
            Skipped = skipped,
            Kernel = Machine.Kernel,
            Commit = Machine.Commit,
            Processors = Environment.ProcessorCount,
            Date = TimeProvider.System.GetUtcNow(),
        };
        foreach (var services in options.Services)
        {
            await using var scenario = await SizeScenario.OpenAsync(services, options, step, cancellation);
            foreach (var way in ways)
            {
                if (await scenario.StartAsync(way, cancellation) is { } late)
                    report = report with { Skipped = [.. report.Skipped, late] };
            }

            // First, while the programs have little memory that they could use again.
            if (report.Sizes.Count == 0)
                report = report with { ManyConnections = await scenario.ConnectManyAsync(cancellation) };
            report = report with { Sizes = [.. report.Sizes, await scenario.MeasureAsync(cancellation)] };
        }

        return report;
    }
}
