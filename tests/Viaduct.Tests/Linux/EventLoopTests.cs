using Viaduct.Linux.Polling;

namespace Viaduct.Tests.Linux;

/// <summary>A loop's timers and what is posted to it.</summary>
public sealed class EventLoopTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_timer_that_is_started_many_times_ends_once_for_all_of_them()
    {
        using var loop = NewLoop();
        var ends = 0;
        await loop.InvokeAsync(() =>
        {
            var timer = new LoopTimer(loop, () => ends++);
            for (var i = 0; i < 1000; i++)
                timer.Start(TimeSpan.FromMilliseconds(1));
            return true;
        }).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await AfterAsync(loop, TimeSpan.FromMilliseconds(20));
        Assert.Equal(1, ends);
    }

    [Fact]
    public async Task A_timer_may_be_started_again_by_what_it_does()
    {
        using var loop = NewLoop();
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            var ends = 0;
            LoopTimer timer = null!;
            timer = new LoopTimer(loop, () =>
            {
                if (++ends == 3)
                    ended.SetResult(ends);
                else
                    timer.Start(TimeSpan.FromMilliseconds(1));
            });
            timer.Start(TimeSpan.FromMilliseconds(1));
        });
        Assert.Equal(3, await ended.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_posted_runs_though_timers_start_anew_before_all_of_them_have_run()
    {
        using var loop = NewLoop();
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = true;
        loop.Post(() =>
        {
            // While one runs, the other's time comes.
            WaitAgain();
            WaitAgain();
        });
        try
        {
            await served.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        }
        finally
        {
            Volatile.Write(ref goesOn, false);
        }

        void WaitAgain() => loop.After(TimeSpan.FromMilliseconds(1), TakeLong);

        void TakeLong()
        {
            loop.Post(() => served.TrySetResult());
            for (var began = Environment.TickCount64; Environment.TickCount64 < began + 10;)
                Thread.SpinWait(100);
            if (Volatile.Read(ref goesOn))
                WaitAgain();
        }
    }

    private static EventLoop NewLoop() => new("loop-test", e => Assert.Fail(e.Message));

    private static Task AfterAsync(EventLoop loop, TimeSpan time)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => loop.After(time, over.SetResult));
        return over.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }
}
