using System.Diagnostics;
using Viaduct.Linux.Threads;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>What waiting for a lock cost: processor time of the waiter, and how long after the release it went on. The least of the tries that count.</summary>
internal sealed record LockCost(double ProcessorNanoseconds, double DelayNanoseconds);

/// <summary>
/// A thread holds a lock for a time, another one waits for it, spinning or blocking. A try counts if what it is about happened: the spinning thread was
/// never put aside, so it had the processor for the whole wait; the blocking one did sleep.
/// </summary>
internal sealed class LockTrial(bool spins, TimeSpan hold, Action<Action> meetingPrecondition)
{
    private const int Enough = 100, Most = 400;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(150), s_limit = TimeSpan.FromSeconds(10);

    private readonly FutexWord word = new();
    private int round, arrived, done, counted;
    private long released;
    private double processor = double.MaxValue, delay = double.MaxValue;

    /// <summary>Null when no try counts.</summary>
    public LockCost? Run(int holdersProcessor, int waitersProcessor)
    {
        Thread[] threads = [new(() => Hold(holdersProcessor)), new(() => Wait(waitersProcessor))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return counted == 0 ? null : new LockCost(processor, delay);
    }

    private void Hold(int processor)
    {
        Processors.Pin(processor);
        var began = Stopwatch.GetTimestamp();
        for (var i = 1; i <= Most && !IsEnough(Stopwatch.GetElapsedTime(began)); i++)
            HoldOnce(i);
        Volatile.Write(ref round, -1);
    }

    private bool IsEnough(TimeSpan passed) => Volatile.Read(ref counted) >= Enough || passed > s_limit || (passed > s_patience && Volatile.Read(ref counted) >= 3);

    private void HoldOnce(int number)
    {
        meetingPrecondition(() => Volatile.Write(ref word.Value, 1));
        Volatile.Write(ref round, number);
        SpinUntil(ref arrived, number);
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < hold)
        {
            // Working under the lock.
        }

        Volatile.Write(ref released, Stopwatch.GetTimestamp());
        Volatile.Write(ref word.Value, 0);
        if (!spins)
            word.Wake(1);
        SpinUntil(ref done, number);
    }

    private void Wait(int processor)
    {
        Processors.Pin(processor);
        for (int number; (number = Volatile.Read(ref round)) >= 0;)
        {
            if (number > done)
                WaitOnce(number);
        }
    }

    private void WaitOnce(int number)
    {
        var (usage, began) = (ThreadUsage.OfCurrent(), ThreadUsage.ProcessorNanoseconds());
        Volatile.Write(ref arrived, number);
        while (Volatile.Read(ref word.Value) == 1)
        {
            if (!spins)
                word.Wait(1);
        }

        var (ended, now, after) = (Stopwatch.GetTimestamp(), ThreadUsage.ProcessorNanoseconds(), ThreadUsage.OfCurrent());
        var slept = after.VoluntarySwitches > usage.VoluntarySwitches;
        if (spins ? after.InvoluntarySwitches == usage.InvoluntarySwitches : slept)
        {
            processor = Math.Min(processor, now - began);
            delay = Math.Min(delay, Stopwatch.GetElapsedTime(Volatile.Read(ref released), ended).TotalNanoseconds);
            Interlocked.Increment(ref counted);
        }

        Volatile.Write(ref done, number);
    }

    private static void SpinUntil(ref int value, int number)
    {
        while (Volatile.Read(ref value) != number)
        {
            // Nobody may be put to sleep here: the other side is measured.
        }
    }
}
