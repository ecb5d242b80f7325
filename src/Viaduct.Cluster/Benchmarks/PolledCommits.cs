namespace Viaduct.Cluster.Benchmarks;

/// <summary>For what the kernel tells nobody of: asks it again and again until its answer differs.</summary>
/// <param name="read">What the kernel has of a Service, as a number that differs after each change.</param>
/// <param name="interval">Between two questions; so much later than it happened may a commit be seen.</param>
/// <param name="patience">After which time it is given up.</param>
internal sealed class PolledCommits(Func<int, long> read, TimeSpan interval, TimeSpan patience) : IKernelCommits
{
    private long _last;

    public long Last => Volatile.Read(ref _last);

    public Task<long> NextAsync(int service)
    {
        var before = read(service);
        return Task.Factory.StartNew(() => Poll(service, before), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private long Poll(int service, long before)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (read(service) == before)
        {
            if (TimeProvider.System.GetElapsedTime(began) > patience)
                throw new ClusterException("The kernel did not take a change of an endpoint.");
            Thread.Sleep(interval);
        }

        var now = TimeProvider.System.GetTimestamp();
        Volatile.Write(ref _last, now);
        return now;
    }
}
