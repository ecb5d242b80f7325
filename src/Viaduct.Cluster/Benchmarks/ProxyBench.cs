using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>
/// Measures the program <c>viaduct proxy</c> from outside: it runs as a process of its own in a fresh network namespace, and all times end with what
/// the kernel says. Nobody listens to the kernel during the first write, for that makes it many times slower.
/// </summary>
public static class ProxyBench
{
    /// <summary>Runs everything and leaves nothing behind.</summary>
    /// <exception cref="ClusterException">The proxy ended, or something took longer than its limit.</exception>
    public static async Task<ProxyBenchReport> RunAsync(ProxyBenchOptions options, Action<string> step, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("viaduct-bench-");
        try
        {
            using var inside = NetNamespace.Create();
            await using var api = await BenchApi.OpenAsync(options.Kubeconfig, directory.FullName, cancellation);
            return await new Scenario(options, api, inside, directory.FullName, step).RunAsync(cancellation);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private sealed class Scenario(ProxyBenchOptions options, BenchApi api, NetNamespace inside, string directory, Action<string> step)
    {
        private readonly BenchObjects _objects = new(api.Namespace, options.Endpoints, options.Mode == ProxyMode.Nftables ? null : "elsewhere");
        private readonly string _kubeconfig = api.ReachFrom(inside);
        private readonly EndpointSlice[] _slices = new EndpointSlice[options.Services];

        public async Task<ProxyBenchReport> RunAsync(CancellationToken cancellation)
        {
            step($"Making {options.Services} Services with {options.Endpoints} endpoints each");
            var report = new ProxyBenchReport
            {
                Services = options.Services,
                EndpointsPerService = options.Endpoints,
                LoadSeconds = await SecondsAsync(() => LoadAsync(cancellation)),
                Kernel = Machine.Kernel,
                Commit = Machine.Commit,
                Processors = Environment.ProcessorCount,
                Date = TimeProvider.System.GetUtcNow(),
            };
            report = await FirstWriteAsync(report, cancellation);
            return await RestartedAsync(report, cancellation);
        }

        private async Task LoadAsync(CancellationToken cancellation)
        {
            for (var i = 0; i < _slices.Length; i++)
                _slices[i] = _objects.Slice(i);
            await api.CreateAsync(_objects, _slices, cancellation);
        }

        private async Task<ProxyBenchReport> FirstWriteAsync(ProxyBenchReport report, CancellationToken cancellation)
        {
            step("First start");
            using var nft = NftClient.In(inside);
            await using var proxy = Start();
            var (write, kernelDone) = await UntilFullSyncAsync(proxy, nft, cancellation);
            var total = Seconds(proxy.Started, kernelDone);
            return report with
            {
                FullWriteSeconds = Round(write.TotalSeconds),
                TotalSeconds = total,
                ListSeconds = Round(Math.Max(0, total - write.TotalSeconds)),
                KernelEndpoints = options.Mode == ProxyMode.Nftables ? KernelEndpoints.Read(inside).Count : 0,
            };
        }

        private async Task<ProxyBenchReport> RestartedAsync(ProxyBenchReport report, CancellationToken cancellation)
        {
            step("Start after SIGKILL, the rules still there");
            using var nft = NftClient.In(inside);
            var before = nft.GetGeneration();
            await using var proxy = Start();
            await WithinAsync(proxy.WaitForFullSyncAsync, cancellation);
            report = report with
            {
                RestartSeconds = Seconds(proxy.Started, TimeProvider.System.GetTimestamp()),
                RestartElementsWritten = options.Mode == ProxyMode.Nftables && nft.GetGeneration() == before ? 0 : await proxy.ReadElementsWrittenAsync(cancellation),
                ResidentMegabytes = proxy.ReadResidentMegabytes(),
            };
            report = await IdleAsync(report, proxy, cancellation);
            using var mode = new ModeUnderTest(options.Mode, inside, options.Patience);
            var addresses = await ClusterIPsAsync(cancellation);
            await using var commits = mode.Commits(i => addresses[i]);
            var changes = new EndpointChanges(api, _objects, _slices, commits, inside, options, mode.Resizes);
            step($"{options.Changes} changes, one after the other");
            report = await changes.OneByOneAsync(report with { Mode = mode.Name }, cancellation);
            if (mode.HasMapOfEndpoints)
            {
                step($"{options.Rate} changes a second");
                report = await changes.SustainedAsync(report, cancellation);
            }

            if (mode.Floor() is { } floor)
            {
                step("The same change by iptables-restore alone");
                var times = await floor.RunAsync(options.Changes);
                report = report with { FloorP50Milliseconds = Samples.Percentile(times, 0.50), FloorP99Milliseconds = Samples.Percentile(times, 0.99) };
            }

            return report with { ResidentMegabytesAfterChanges = proxy.ReadResidentMegabytes() };
        }

        // The API chose them.
        private async Task<IPAddress[]> ClusterIPsAsync(CancellationToken cancellation)
        {
            var addresses = new IPAddress[options.Services];
            if (options.Mode != ProxyMode.Ipvs)
                return addresses;
            for (var i = 0; i < addresses.Length; i++)
                addresses[i] = IPAddress.Parse((await api.Bulk.GetAsync<Service>(api.Namespace, BenchObjects.Name(i), cancellation)).Spec!.ClusterIP!);
            return addresses;
        }

        private async Task<ProxyBenchReport> IdleAsync(ProxyBenchReport report, ProxyUnderTest proxy, CancellationToken cancellation)
        {
            step("Idle");
            var before = proxy.ReadCpuSeconds();
            await Task.Delay(options.IdleFor, cancellation);
            return report with { IdleSeconds = options.IdleFor.TotalSeconds, IdleCpuSeconds = Round(proxy.ReadCpuSeconds() - before) };
        }

        private ProxyUnderTest Start() =>
            ProxyUnderTest.Start(options.Program, api, _kubeconfig, inside, Path.Combine(directory, "proxy.log"), "--proxy-mode", options.Mode.Name());

        // The generation is polled: whoever listens slows the write down. With iptables-legacy it stays, and the proxy's word counts.
        private async Task<(TimeSpan Write, long KernelDone)> UntilFullSyncAsync(ProxyUnderTest proxy, NftClient nft, CancellationToken cancellation)
        {
            var synced = WithinAsync(proxy.WaitForFullSyncAsync, cancellation);
            if (options.Mode == ProxyMode.Ipvs)
                return (await synced, TimeProvider.System.GetTimestamp());
            var first = nft.GetGeneration();
            var (generation, changed) = (first, TimeProvider.System.GetTimestamp());
            while (!synced.IsCompleted)
            {
                Look();
                await Task.Delay(1, cancellation);
            }

            Look();
            return (await synced, generation == first ? TimeProvider.System.GetTimestamp() : changed);

            void Look()
            {
                var now = nft.GetGeneration();
                if (now != generation)
                    (generation, changed) = (now, TimeProvider.System.GetTimestamp());
            }
        }

        private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellation)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(options.Patience);
            try
            {
                return await wait(limit.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new ClusterException($"The proxy did not serve everything within {options.Patience.TotalSeconds} s; try fewer --services.");
            }
        }

        private static async Task<double> SecondsAsync(Func<Task> action)
        {
            var start = TimeProvider.System.GetTimestamp();
            await action();
            return Seconds(start, TimeProvider.System.GetTimestamp());
        }

        private static double Seconds(long from, long to) => Round(TimeProvider.System.GetElapsedTime(from, to).TotalSeconds);

        private static double Round(double seconds) => Math.Round(seconds, 3);
    }
}
