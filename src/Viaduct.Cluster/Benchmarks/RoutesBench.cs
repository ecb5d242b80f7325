using System.Text.Json.Nodes;
using System.Threading.Channels;
using Viaduct.Kube.Api;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>
/// Measures the program <c>viaduct routes</c> from outside: it runs as a process of its own in a fresh network namespace, and all times end with what the
/// kernel tells.
/// </summary>
public static class RoutesBench
{
    /// <summary>Runs everything and leaves nothing behind.</summary>
    /// <exception cref="ClusterException">The agent ended, or something took longer than its limit.</exception>
    public static async Task<RoutesBenchReport> RunAsync(RoutesBenchOptions options, Action<string> step, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("viaduct-bench-");
        try
        {
            using var inside = NetNamespace.Create();
            BenchNodes.Connect(inside);
            await using var api = await BenchApi.OpenAsync(null, directory.FullName, cancellation);
            return await new Scenario(options, api, inside, directory.FullName, step).RunAsync(cancellation);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private sealed class Scenario(RoutesBenchOptions options, BenchApi api, NetNamespace inside, string directory, Action<string> step)
    {
        private readonly BenchNodes _nodes = new(options.Backend);
        private readonly string _kubeconfig = api.ReachFrom(inside);

        public async Task<RoutesBenchReport> RunAsync(CancellationToken cancellation)
        {
            step($"Making {options.Nodes} nodes");
            await LoadAsync(cancellation);
            var report = new RoutesBenchReport
            {
                Nodes = options.Nodes,
                Backend = options.Backend.Name(),
                Kernel = Machine.Kernel,
                Commit = Machine.Commit,
                Processors = Environment.ProcessorCount,
                Date = TimeProvider.System.GetUtcNow(),
            };
            report = await FirstStartAsync(report, cancellation);
            return await RestartedAsync(report, cancellation);
        }

        private async Task LoadAsync(CancellationToken cancellation)
        {
            var own = new JsonObject { ["spec"] = new JsonObject { ["podCIDR"] = BenchNodes.Block(0).ToString() } };
            await api.Bulk.PatchAsync<KubeNode>(null, api.NodeName, own, null, cancellation);
            await Parallel.ForAsync(
                1, options.Nodes + 1, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancellation },
                async (index, stop) => await api.Bulk.CreateRawAsync<KubeNode>(null, _nodes.Node(index), stop));
        }

        private async Task<RoutesBenchReport> FirstStartAsync(RoutesBenchReport report, CancellationToken cancellation)
        {
            step("First start");
            await using var kernel = new KernelRoutes(inside, []);
            await using var agent = Start();
            var last = await WithinAsync(agent, stop => kernel.CountAsync(options.Nodes, stop), cancellation);
            report = report with
            {
                TotalSeconds = Samples.Seconds(agent.Started, last),
                WriteSeconds = Samples.Seconds(kernel.First, last),
                ResidentMegabytes = agent.ReadResidentMegabytes(),
            };
            report = await IdleAsync(report, agent, cancellation);
            step("Nodes go and come again");
            report = await ChangesAsync(report, agent, kernel, cancellation);
            step("All routes removed by somebody else");
            report = report with { FlushMilliseconds = await FlushAsync(agent, kernel, cancellation) };
            return report with { ResidentMegabytesAfterChanges = agent.ReadResidentMegabytes() };
        }

        private async Task<RoutesBenchReport> RestartedAsync(RoutesBenchReport report, CancellationToken cancellation)
        {
            step("Start after SIGKILL, one node gone meanwhile");
            await api.Http.DeleteAsync<KubeNode>(null, BenchNodes.Name(1), DeleteQuery.Default, cancellation);
            await using var kernel = new KernelRoutes(inside, Enumerable.Range(1, options.Nodes).Select(BenchNodes.Block));
            await using var agent = Start();
            var done = await WithinAsync(agent, stop => kernel.RouteAsync(BenchNodes.Block(1), present: false, stop), cancellation);
            return report with { RestartSeconds = Samples.Seconds(agent.Started, done), RestartRoutesWritten = kernel.Told - 1 };
        }

        private async Task<RoutesBenchReport> IdleAsync(RoutesBenchReport report, ProgramUnderTest agent, CancellationToken cancellation)
        {
            step("Idle");
            var before = agent.ReadCpuSeconds();
            await Task.Delay(options.IdleFor, cancellation);
            return report with { IdleSeconds = options.IdleFor.TotalSeconds, IdleCpuSeconds = Math.Round(agent.ReadCpuSeconds() - before, 3) };
        }

        private async Task<RoutesBenchReport> ChangesAsync(RoutesBenchReport report, ProgramUnderTest agent, KernelRoutes kernel, CancellationToken cancellation)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var events = Channel.CreateUnbounded<long>();
            // An odd number would leave a node away.
            var changes = options.Changes + (options.Changes % 2);
            var list = await api.Http.ListAsync<KubeNode>(ListQuery.All, cancellation);
            var watching = WatchAsync(list.Metadata.ResourceVersion!, events.Writer, stop.Token);
            var (fromEvent, fromRequest) = (new List<double>(), new List<double>());
            for (var i = 0; i < changes; i++)
            {
                // Each node goes, and then comes again.
                var (index, comes) = ((i / 2 % options.Nodes) + 1, i % 2 == 1);
                var told = WithinAsync(agent, limit => kernel.RouteAsync(BenchNodes.Block(index), comes, limit), cancellation);
                var sent = TimeProvider.System.GetTimestamp();
                await (comes ? api.Http.CreateRawAsync<KubeNode>(null, _nodes.Node(index), cancellation) : (Task)api.Http.DeleteAsync<KubeNode>(null, BenchNodes.Name(index), DeleteQuery.Default, cancellation));
                var seen = await events.Reader.ReadAsync(cancellation).AsTask().WaitAsync(options.Patience, cancellation);
                fromEvent.Add(Samples.Milliseconds(seen, await told));
                fromRequest.Add(Samples.Milliseconds(sent, await told));
            }

            await stop.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return report with
            {
                Changes = changes,
                ChangeP50Milliseconds = Samples.Percentile(fromEvent, 0.50),
                ChangeP99Milliseconds = Samples.Percentile(fromEvent, 0.99),
                RequestToRouteP50Milliseconds = Samples.Percentile(fromRequest, 0.50),
                RequestToRouteP99Milliseconds = Samples.Percentile(fromRequest, 0.99),
            };
        }

        private async Task WatchAsync(string version, ChannelWriter<long> events, CancellationToken cancellation)
        {
            await foreach (var change in api.Http.WatchAsync<KubeNode>(ListQuery.All, version, cancellation))
            {
                if (change.Type is WatchEventType.Added or WatchEventType.Deleted)
                    events.TryWrite(TimeProvider.System.GetTimestamp());
            }
        }

        private async Task<double> FlushAsync(ProgramUnderTest agent, KernelRoutes kernel, CancellationToken cancellation)
        {
            using var client = RouteClient.In(inside);
            var routes = client.ListRoutes().Where(r => r.Protocol == PodRoute.DefaultProtocol).ToList();
            var told = kernel.Told;
            foreach (var route in routes)
                client.DeleteRoute(new RouteSpec { Destination = route.Destination, Protocol = route.Protocol });
            var removed = TimeProvider.System.GetTimestamp();
            var back = await WithinAsync(agent, stop => kernel.ToldAsync(told + (2 * routes.Count), options.Nodes, stop), cancellation);
            return Samples.Milliseconds(removed, back);
        }

        private ProgramUnderTest Start() => ProgramUnderTest.Start(
            options.Program,
            ["routes", "--kubeconfig", _kubeconfig, "--hostname-override", api.NodeName, "--backend", options.Backend.Name(), "--cni-conf-dir", Path.Combine(directory, "cni"), "--masquerade", "--cluster-cidr", "172.16.0.0/12"],
            inside,
            Path.Combine(directory, "routes.log"));

        private async Task<T> WithinAsync<T>(ProgramUnderTest agent, Func<CancellationToken, Task<T>> wait, CancellationToken cancellation)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(options.Patience);
            try
            {
                return await wait(limit.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                await agent.RequireAliveAsync();
                throw new ClusterException($"The agent did not have all routes within {options.Patience.TotalSeconds} s; try fewer --nodes.");
            }
        }
    }
}
