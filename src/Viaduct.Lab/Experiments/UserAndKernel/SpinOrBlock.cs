using System.Globalization;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Threads;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>Waiting for a lock in user mode or in the kernel: which costs less depends on how long the lock is held.</summary>
internal sealed class SpinOrBlock : Experiment
{
    private static readonly double[] s_holds = [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

    public override string Name => "spin-or-block";

    public override LocalizedText Title => new("Spin or block", "自旋还是阻塞");

    public override LocalizedText Introduction => new(
        "A thread that waits for a lock can block: it asks the kernel to put it to sleep, and whoever releases the lock asks the kernel to wake it. Or it can spin: look again and again, and never "
        + "leave user mode. Spinning costs as much processor time as the lock is held; blocking costs the way into the kernel and two switches, however long it takes.",
        "等待锁的线程可以阻塞：请内核让它睡眠，释放锁的线程再请内核唤醒它。也可以自旋：一遍又一遍地查看，始终不离开用户态。自旋消耗的处理器时间与锁被持有的时间一样长；阻塞消耗的是进入内核和两次切换的代价，与等待多久无关。");

    public override string Essential => "lock held";

    public override async Task RunAsync(LabRun lab)
    {
        var missing = Processors.Allowed().Count >= 2 ? null : "That needs a second processor, and this process may use only one. Run it on a machine with two.";
        var waits = new List<Point>();
        await lab.StepAsync(
            new("One thread holds a lock for a time; another one, on another processor, waits for it.", "一个线程持有锁一段时间，另一个处理器上的线程等待它。"), missing, async () =>
            {
                await Task.Run(() => waits.AddRange(s_holds.Select(hold => Measure(lab, hold))));
                ClaimShape(lab, waits);
            });
        await lab.StepAsync(new("The two curves, and where they cross.", "两条曲线及其交点。"), missing, () =>
        {
            Plot(lab, waits);
            return Task.CompletedTask;
        });
        await lab.StepAsync(new("Both threads on one processor.", "两个线程在同一个处理器上。"), () => ShareProcessor(lab));
    }

    private static void ShareProcessor(LabRun lab)
    {
        var processor = Processors.Allowed()[0];
        var (spin, block) = (Cost(spins: true), Cost(spins: false));
        lab.Holds(
            new(
                "Who spins keeps the processor from the very thread that it waits for, until the scheduler takes it away.",
                "自旋的线程占着处理器，而它等待的正是需要这个处理器的线程，直到调度器把处理器拿走。"),
            spin.TakenAway >= SharedProcessorTrial.Rounds / 2,
            spin.TakenAway >= SharedProcessorTrial.Rounds / 2 ? null : $"that happened {spin.TakenAway} times in {SharedProcessorTrial.Rounds} rounds");
        lab.Holds(
            new("Who blocks hands it over at once. Here spinning never pays: it takes more than four times the processor time.", "阻塞的线程立即让出处理器。这里自旋总是不合算：它消耗四倍以上的处理器时间。"),
            spin.ProcessorNanoseconds > 4 * block.ProcessorNanoseconds,
            spin.ProcessorNanoseconds > 4 * block.ProcessorNanoseconds ? null : $"spin {spin.ProcessorNanoseconds} ns, block {block.ProcessorNanoseconds} ns");
        lab.Measured(
            [new("on one processor", "同一个处理器上"), new("spinning", "自旋"), new("blocking", "阻塞")],
            new MeasuredRow(new("µs of processor for a wait", "每次等待的处理器时间（µs）"), Show(spin), Show(block)));

        WaitOnSharedProcessor Cost(bool spins) => new SharedProcessorTrial(spins, set => lab.Given("lock held", set)).Run(processor);
        static string Show(WaitOnSharedProcessor wait) => Nanoseconds.ShowMicro((double)wait.ProcessorNanoseconds / SharedProcessorTrial.Rounds);
    }

    private static Point Measure(LabRun lab, double hold)
    {
        var processors = Processors.Allowed();
        var time = TimeSpan.FromMicroseconds(hold);
        return new Point(hold, Cost(spins: true), Cost(spins: false));

        LockCost? Cost(bool spins) => new LockTrial(spins, time, set => lab.Given("lock held", set)).Run(processors[0], processors[1]);
    }

    private static void ClaimShape(LabRun lab, List<Point> waits)
    {
        var (shortest, longest) = (waits[0], waits[^1]);
        if (longest.Block is null || shortest.Spin is null || longest.Spin is null)
            throw new ExperimentFailedException("The waiting thread never slept: the lock was not held when it came.");
        var blocking = waits.Where(w => w.Block is not null).Min(w => w.Block!.ProcessorNanoseconds);
        lab.Holds(
            new("A lock held for half a microsecond is cheaper to spin for: the cheapest sleep costs more processor time.", "锁只被持有半微秒时，自旋更便宜：最便宜的一次睡眠也要消耗更多的处理器时间。"),
            shortest.Spin.ProcessorNanoseconds < blocking,
            shortest.Spin.ProcessorNanoseconds < blocking ? null : $"spin {shortest.Spin.ProcessorNanoseconds} ns, block {blocking} ns");
        lab.Holds(
            new("A lock held for half a millisecond is cheaper to block for, by more than four times.", "锁被持有半毫秒时，阻塞更便宜，相差四倍以上。"),
            longest.Block.ProcessorNanoseconds * 4 < longest.Spin.ProcessorNanoseconds,
            longest.Block.ProcessorNanoseconds * 4 < longest.Spin.ProcessorNanoseconds ? null : $"spin {longest.Spin.ProcessorNanoseconds} ns, block {longest.Block.ProcessorNanoseconds} ns");
        lab.Holds(
            new("Who spins goes on sooner after the release than who must be woken.", "锁释放后，自旋的线程比需要被唤醒的线程更早继续运行。"),
            waits.Min(w => w.Spin?.DelayNanoseconds) < waits.Min(w => w.Block?.DelayNanoseconds));
    }

    private static void Plot(LabRun lab, List<Point> waits)
    {
        var crossing = waits.First(w => w.Spin is { } spin && w.Block is { } block && spin.ProcessorNanoseconds > block.ProcessorNanoseconds);
        lab.Holds(
            new("Between them the curves cross once the lock is held for about as long as a sleep costs.", "当锁被持有的时间大约等于一次睡眠的代价时，两条曲线相交。"),
            crossing.Hold < s_holds[^1]);
        lab.Measured(
            [new("lock held, µs", "持有锁（µs）"), new("spinning, µs of processor", "自旋，处理器时间（µs）"), new("blocking, µs of processor", "阻塞，处理器时间（µs）"), new("blocking, µs from the release to going on", "阻塞，从释放到继续运行（µs）")],
            [.. waits.Select(Row)]);
        var held = crossing.Hold.ToString(CultureInfo.InvariantCulture);
        lab.Measured(
            [new("crossover", "交点"), new("µs", "µs")], new MeasuredRow(new("least measured hold for which blocking costs less", "阻塞更便宜的最短持有时间"), held));
        lab.Measured(new Plot(
            new("Processor time of who waits for a lock", "等待锁的线程消耗的处理器时间"),
            new("how long the lock is held, µs", "锁被持有的时间（µs）"),
            new("processor time of the waiter, µs", "等待者的处理器时间（µs）"),
            [Curve(new("spinning", "自旋"), waits, w => w.Spin), Curve(new("blocking", "阻塞"), waits, w => w.Block)]));
    }

    private static MeasuredRow Row(Point wait)
    {
        var hold = wait.Hold.ToString(CultureInfo.InvariantCulture);
        return new MeasuredRow(new(hold, hold), Show(wait.Spin?.ProcessorNanoseconds), Show(wait.Block?.ProcessorNanoseconds), Show(wait.Block?.DelayNanoseconds));
    }

    // A lock that is free again before the waiter has come to sleep leaves nothing to be measured.
    private static string Show(double? nanoseconds) => nanoseconds is { } known ? Nanoseconds.ShowMicro(known) : "0";

    private static Curve Curve(LocalizedText name, List<Point> waits, Func<Point, LockCost?> of) =>
        new(name, [.. waits.Where(w => of(w) is not null).Select(w => new PlotPoint(w.Hold, of(w)!.ProcessorNanoseconds / 1000))]);

    private sealed record Point(double Hold, LockCost? Spin, LockCost? Block);
}
