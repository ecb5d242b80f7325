using System.Diagnostics;
using Viaduct.Linux.Threads;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>Two threads on one processor that wait for each other in turn.</summary>
internal sealed class PingPong
{
    private const int Rounds = 500, Tries = 20;

    private readonly FutexWord turn = new();
    private double least = double.MaxValue;
    private long switches;

    /// <summary>The least time of a handover, how often the kernel switched, and how many handovers there were.</summary>
    public (double Nanoseconds, long Switches, long Handovers) Measure()
    {
        var processor = Processors.Allowed()[0];
        Thread[] threads = [new(() => Play(processor, 0)), new(() => Play(processor, 1))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return (least, switches, 2L * Rounds * Tries);
    }

    private void Play(int processor, int mine)
    {
        Processors.Pin(processor);
        var before = ThreadUsage.OfCurrent();
        for (var i = 0; i < Tries; i++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var round = 0; round < Rounds; round++)
                TakeTurn(mine);
            if (mine == 0)
                least = Math.Min(least, Stopwatch.GetElapsedTime(began).TotalNanoseconds / (2 * Rounds));
        }

        var after = ThreadUsage.OfCurrent();
        Interlocked.Add(ref switches, after.VoluntarySwitches - before.VoluntarySwitches + after.InvoluntarySwitches - before.InvoluntarySwitches);
    }

    private void TakeTurn(int mine)
    {
        while (Volatile.Read(ref turn.Value) != mine)
            turn.Wait(1 - mine);
        Volatile.Write(ref turn.Value, 1 - mine);
        turn.Wake(1);
    }
}
