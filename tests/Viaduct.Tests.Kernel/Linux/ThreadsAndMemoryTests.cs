using Viaduct.Linux;
using Viaduct.Linux.Memory;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Threads;

namespace Viaduct.Tests.Kernel.Linux;

public class ThreadsAndMemoryTests
{
    [Fact]
    public void A_page_faults_at_its_first_touch_and_again_after_it_was_given_back()
    {
        using var pages = new FreshPages(100);
        Assert.True(Faults(pages.Touch) >= 100);
        Assert.True(Faults(pages.Touch) < 100);
        pages.Drop();
        Assert.True(Faults(pages.Touch) >= 100);
    }

    [Fact]
    public void Threads_of_one_processor_that_wait_for_each_other_leave_it_to_each_other()
    {
        var (word, voluntary) = (new FutexWord(), 0L);
        Thread[] threads = [new(() => Play(0)), new(() => Play(1))];
        Array.ForEach(threads, t => t.Start());
        Assert.All(threads, t => Assert.True(t.Join(TimeSpan.FromSeconds(60))));
        Assert.True(voluntary > 0);

        void Play(int mine)
        {
            Processors.Pin(Processors.Allowed()[0]);
            var before = ThreadUsage.OfCurrent().VoluntarySwitches;
            for (var round = 0; round < 100; round++)
            {
                while (Volatile.Read(ref word.Value) != mine)
                    word.Wait(1 - mine);
                Volatile.Write(ref word.Value, 1 - mine);
                word.Wake(1);
            }

            Interlocked.Add(ref voluntary, ThreadUsage.OfCurrent().VoluntarySwitches - before);
        }
    }

    [Fact]
    public void A_wait_for_a_number_that_has_changed_returns_at_once()
    {
        var word = new FutexWord();
        word.Value = 5;
        word.Wait(4);
        Assert.Equal(5, word.Value);
    }

    [Fact]
    public void A_pinned_thread_may_use_one_processor()
    {
        IReadOnlyList<int> allowed = [];
        var last = Processors.Allowed()[^1];
        var thread = new Thread(() =>
        {
            Processors.Pin(last);
            allowed = Processors.Allowed();
        });
        thread.Start();
        thread.Join();
        Assert.Equal([last], allowed);
    }

    private static long Faults(Action action)
    {
        var before = ThreadUsage.OfCurrent().PageFaults;
        action();
        return ThreadUsage.OfCurrent().PageFaults - before;
    }

    [Fact]
    public void The_processor_time_of_a_process_lies_between_what_it_knows_of_itself_before_and_after()
    {
        var before = Environment.CpuUsage.TotalTime;
        var told = ProcessClock.Read(Environment.ProcessId);
        Assert.InRange(told, before - TimeSpan.FromMicroseconds(2), Environment.CpuUsage.TotalTime + TimeSpan.FromMicroseconds(2));
    }

    [Fact]
    public void A_process_that_is_not_there_has_no_processor_time() =>
        Assert.Contains($"{int.MaxValue >> 3}", Assert.Throws<LinuxException>(() => ProcessClock.Read(int.MaxValue >> 3)).Message, StringComparison.Ordinal);
}
