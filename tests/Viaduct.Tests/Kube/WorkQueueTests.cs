using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Informers;

namespace Viaduct.Tests.Kube;

public class WorkQueueTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_added_twice_comes_once()
    {
        var queue = new WorkQueue<string>();
        queue.Add("a");
        queue.Add("a");
        queue.Add("b");
        Assert.Equal(2, queue.Count);
        Assert.Equal("a", await queue.TakeAsync(Ct));
        Assert.Equal("b", await queue.TakeAsync(Ct));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task A_key_added_during_its_work_comes_again_only_afterwards()
    {
        var queue = new WorkQueue<string>();
        queue.Add("a");
        await queue.TakeAsync(Ct);
        queue.Add("a");
        var next = queue.TakeAsync(Ct).AsTask();
        Assert.False(next.IsCompleted);
        queue.Done("a");
        Assert.Equal("a", await next.WaitAsync(TimeSpan.FromSeconds(10), Ct));
    }

    [Fact]
    public async Task A_failed_key_is_tried_again_until_it_succeeds()
    {
        var queue = new WorkQueue<string>();
        using var stop = new CancellationTokenSource();
        var tries = 0;
        var done = new TaskCompletionSource();
        var running = Reconciler.RunAsync(
            queue, "test", 2, (_, _) => ++tries < 4 ? throw new InvalidOperationException("not yet") : Finish(done), NullLogger.Instance, stop.Token);
        queue.Add("a");
        await done.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        Assert.Equal(4, tries);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Of_several_later_times_the_earliest_counts()
    {
        var queue = new WorkQueue<string>();
        queue.AddAfter("a", TimeSpan.FromHours(1));
        queue.AddAfter("a", TimeSpan.FromMilliseconds(1));
        queue.AddAfter("a", TimeSpan.FromHours(2));
        Assert.Equal("a", await queue.TakeAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Ct));
    }

    private static Task Finish(TaskCompletionSource done)
    {
        done.SetResult();
        return Task.CompletedTask;
    }
}
