using Viaduct.Linux.Threads;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>What a waiter took in all rounds together.</summary>
/// <param name="ProcessorNanoseconds">Its processor time while it waited.</param>
/// <param name="TakenAway">How often the scheduler took the processor from it.</param>
internal sealed record WaitOnSharedProcessor(long ProcessorNanoseconds, long TakenAway);

/// <summary>
/// The thread that holds the lock and the one that waits for it share a processor. Each yields to the other until both are where the trial begins: the lock is
/// held, its holder is ready to run, and the waiter has the processor.
/// </summary>
internal sealed class SharedProcessorTrial(bool spins, Action<Action> meetingPrecondition)
{
    public const int Rounds = 20;

    private readonly FutexWord word = new();
    private int round, arrived, done;
    private long processor, takenAway;

    public WaitOnSharedProcessor Run(int processorNumber)
    {
        Thread[] threads = [new(() => Hold(processorNumber)), new(() => Wait(processorNumber))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return new WaitOnSharedProcessor(processor, takenAway);
    }

    private void Hold(int processorNumber)
    {
        Processors.Pin(processorNumber);
        for (var number = 1; number <= Rounds; number++)
        {
            meetingPrecondition(() => Volatile.Write(ref word.Value, 1));
            Volatile.Write(ref round, number);
            YieldUntil(ref arrived, number);
            Volatile.Write(ref word.Value, 0);
            if (!spins)
                word.Wake(1);
            YieldUntil(ref done, number);
        }
    }

    private void Wait(int processorNumber)
    {
        Processors.Pin(processorNumber);
        for (var number = 1; number <= Rounds; number++)
        {
            YieldUntil(ref round, number);
            var (usage, began) = (ThreadUsage.OfCurrent(), ThreadUsage.ProcessorNanoseconds());
            Volatile.Write(ref arrived, number);
            while (Volatile.Read(ref word.Value) == 1)
            {
                if (!spins)
                    word.Wait(1);
            }

            processor += ThreadUsage.ProcessorNanoseconds() - began;
            takenAway += ThreadUsage.OfCurrent().InvoluntarySwitches - usage.InvoluntarySwitches;
            Volatile.Write(ref done, number);
        }
    }

    private static void YieldUntil(ref int value, int number)
    {
        while (Volatile.Read(ref value) != number)
            Thread.Yield();
    }
}
