using System.Net;
using System.Threading.Channels;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>Replaces single endpoints through the API and times how long it takes until the kernel commits.</summary>
internal sealed class EndpointChanges(
    BenchApi api, BenchObjects objects, EndpointSlice[] slices, IKernelCommits commits, NetNamespace inside, ProxyBenchOptions options, bool resizes = false)
{
    public async Task<ProxyBenchReport> OneByOneAsync(ProxyBenchReport report, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var events = Channel.CreateUnbounded<long>();
        var watching = await WatchAsync(events.Writer, stop.Token);
        var (fromEvent, fromRequest) = (new List<double>(), new List<double>());
        for (var i = 0; i < options.Changes; i++)
        {
            // Of two changes that resize the second makes the first one good.
            var index = (resizes ? i / 2 : i) % slices.Length;
            var committed = commits.NextAsync(index);
            var sent = TimeProvider.System.GetTimestamp();
            await ChangeAsync(index, cancellation);
            var seen = await events.Reader.ReadAsync(cancellation).AsTask().WaitAsync(options.Patience, cancellation);
            var done = await committed.WaitAsync(options.Patience, cancellation);
            fromEvent.Add(Samples.Milliseconds(seen, done));
            fromRequest.Add(Samples.Milliseconds(sent, done));
        }

        await stop.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return report with
        {
            Changes = options.Changes,
            ChangeP50Milliseconds = Samples.Percentile(fromEvent, 0.50),
            ChangeP99Milliseconds = Samples.Percentile(fromEvent, 0.99),
            RequestToCommitP50Milliseconds = Samples.Percentile(fromRequest, 0.50),
            RequestToCommitP99Milliseconds = Samples.Percentile(fromRequest, 0.99),
        };
    }

    public async Task<ProxyBenchReport> SustainedAsync(ProxyBenchReport report, CancellationToken cancellation)
    {
        var count = (int)(options.Rate * options.SustainedFor.TotalSeconds);
        var start = TimeProvider.System.GetTimestamp();
        var pending = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / options.Rate) - TimeProvider.System.GetElapsedTime(start);
            if (due > TimeSpan.Zero)
                await Task.Delay(due, cancellation);
            // One object is changed by one request at a time, so that the last one sent is the last one stored.
            if (i >= slices.Length)
                await pending[i - slices.Length];
            pending.Add(ChangeAsync(i % slices.Length, cancellation));
        }

        await Task.WhenAll(pending);
        var answered = TimeProvider.System.GetTimestamp();
        var complete = await WaitUntilCompleteAsync(cancellation);
        return report with
        {
            SustainedChanges = count,
            SustainedRate = Math.Round(count / TimeProvider.System.GetElapsedTime(start, answered).TotalSeconds, 1),
            SustainedLagMilliseconds = Math.Max(0, Samples.Milliseconds(answered, commits.Last)),
            SustainedComplete = complete,
        };
    }

    private async Task ChangeAsync(int index, CancellationToken cancellation)
    {
        slices[index] = resizes ? objects.Resized(slices[index]) : objects.Changed(slices[index]).Slice;
        await api.Http.UpdateAsync(slices[index], cancellation);
    }

    // Each address was given to one endpoint only, so that the addresses alone tell what the kernel serves.
    private async Task<bool> WaitUntilCompleteAsync(CancellationToken cancellation)
    {
        var wanted = slices.SelectMany(s => s.Endpoints!).Select(e => IPAddress.Parse(e.Addresses[0])).ToHashSet();
        var start = TimeProvider.System.GetTimestamp();
        while (!wanted.SetEquals(KernelEndpoints.Read(inside).Where(a => a.GetAddressBytes() is [10, >= 128, ..])))
        {
            if (TimeProvider.System.GetElapsedTime(start) > options.Patience)
                return false;
            await Task.Delay(50, cancellation);
        }

        return true;
    }

    private async Task<Task> WatchAsync(ChannelWriter<long> events, CancellationToken cancellation)
    {
        var query = new ListQuery { Namespace = api.Namespace };
        var list = await api.Http.ListAsync<EndpointSlice>(query, cancellation);
        return FollowAsync(list.Metadata.ResourceVersion!);

        async Task FollowAsync(string version)
        {
            await foreach (var change in api.Http.WatchAsync<EndpointSlice>(query, version, cancellation))
            {
                if (change.Type == WatchEventType.Modified)
                    events.TryWrite(TimeProvider.System.GetTimestamp());
            }
        }
    }
}
