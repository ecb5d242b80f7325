using System.Globalization;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Memory;
using Viaduct.Linux.Threads;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>System call, page fault, context switch and interrupt: what each way into the kernel costs.</summary>
internal sealed class CostOfCrossings : Experiment
{
    private const int Pages = 512;

    public override string Name => "cost-of-crossings";

    public override LocalizedText Title => new("What each way into the kernel costs", "每种进入内核的方式代价多大");

    public override LocalizedText Introduction => new(
        "A program runs in user mode. Three things bring the processor into the kernel: a system call, an exception such as a page fault, and the interrupt of a device. "
        + "Each is measured here: the least time of many tries, because everything above the least is what else the machine had to do. The claims hold on every machine; the numbers are those of one.",
        "程序运行在用户态。有三种情况会使处理器进入内核态：系统调用、异常（例如缺页）、外设中断。这里逐一测量，取多次测量中的最小值，因为超出最小值的部分是机器在做别的事。"
        + "结论在每台机器上都成立，数字只属于测量的那一台。");

    public override string Essential => "pages given back";

    public override async Task RunAsync(LabRun lab)
    {
        double call = 0;
        await lab.StepAsync(new("Call a function of libc, and make the shortest system call, getppid.", "调用一个 libc 函数，再执行最短的系统调用 getppid。"), () => call = CompareCalls(lab));
        await lab.StepAsync(new("Touch memory that the kernel has promised and not yet provided.", "访问内核已承诺但尚未提供的内存。"), () => FaultPages(lab, call));
        await lab.StepAsync(
            new("Let two threads on one processor wake each other and wait, by futex.", "让同一个处理器上的两个线程用 futex 轮流唤醒对方并等待。"), () => SwitchThreads(lab, call));
        await lab.StepAsync(new("Send packets from one virtual card to another.", "从一块虚拟网卡向另一块发送大量数据包。"), () => PacketFlood.Run(lab));
        await lab.StepAsync(new("Compute, and ask the kernel for nothing.", "只做计算，不请求内核做任何事。"), () => Compute(lab));
    }

    private static double CompareCalls(LabRun lab)
    {
        var function = Nanoseconds.Least(tries: 200, times: 10_000, () => EmptyCalls.Function(10_000));
        var call = Nanoseconds.Least(tries: 500, times: 1_000, () => EmptyCalls.System(1_000));
        lab.Holds(
            new("The system call costs more than twice the function: the processor changes its mode on the way in and on the way out.", "系统调用的代价是函数调用的两倍以上：处理器进入和离开内核时各切换一次模式。"),
            call > 2 * function,
            call > 2 * function ? null : $"function {Nanoseconds.Show(function)} ns, system call {Nanoseconds.Show(call)} ns");
        lab.Measured(
            [new("call", "调用"), Nanoseconds.Each],
            new MeasuredRow(new("abs, a function of libc", "abs（libc 函数）"), Nanoseconds.Show(function)),
            new MeasuredRow(new("getppid, a system call", "getppid（系统调用）"), Nanoseconds.Show(call)));
        return call;
    }

    private static void FaultPages(LabRun lab, double call)
    {
        using var pages = new FreshPages(Pages);
        var (first, again, returned) = (Count(pages.Touch), Count(pages.Touch), 0L);
        lab.Holds(new("The first touch of each page is a fault: the kernel takes over, provides a page of zeros, and the program goes on as if nothing had been.", "每一页的第一次访问都是一次缺页异常：内核接管，提供一个全零的页，然后程序继续运行，就像什么也没发生。"), first >= Pages);
        lab.Holds(new("The second touch stays in user mode.", "第二次访问停留在用户态。"), again < Pages / 10, again < Pages / 10 ? null : $"{again} faults of {Pages} pages");
        var least = double.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            lab.Given("pages given back", pages.Drop);
            returned += Count(() => least = Math.Min(least, Nanoseconds.Of(pages.Touch) / Pages));
        }

        var present = Nanoseconds.Least(50, Pages, pages.Touch);
        lab.Holds(new("Pages that were given back to the kernel fault again.", "归还给内核的页会再次缺页。"), returned >= 50 * Pages, returned >= 50 * Pages ? null : $"{returned} faults");
        lab.Holds(new("A page fault costs more than a system call: it is one more way into the kernel, and there the page must be found and cleared.", "缺页异常比系统调用更贵：除了进入内核，还要找到一个页并清零。"), least > call, least > call ? null : $"{Nanoseconds.Show(least)} ns");
        lab.Measured(
            [new("touch of a page", "访问一页"), Nanoseconds.Each],
            new MeasuredRow(new("that is there", "已存在的页"), Nanoseconds.Show(present)),
            new MeasuredRow(new("that the kernel must provide", "需要内核提供的页"), Nanoseconds.Show(least)));
    }

    private static long Count(Action action)
    {
        var before = ThreadUsage.OfCurrent().PageFaults;
        action();
        return ThreadUsage.OfCurrent().PageFaults - before;
    }

    private static void SwitchThreads(LabRun lab, double call)
    {
        var (nanoseconds, switches, handovers) = new PingPong().Measure();
        lab.Holds(new("Each time that one thread hands over to the other, the kernel puts another thread on the processor; it counts that.", "每次一个线程交给另一个线程，内核都要在处理器上换一个线程，并且会计数。"), switches >= handovers * 0.99, switches >= handovers * 0.99 ? null : $"{switches} switches in {handovers} handovers");
        lab.Holds(new("A handover costs more than a system call: it is two of them, and the scheduler's choice, and the change from one thread's state to the other's.", "一次交接比一次系统调用更贵：它包含两次系统调用、调度器的选择以及线程状态的切换。"), nanoseconds > call, nanoseconds > call ? null : $"{Nanoseconds.Show(nanoseconds)} ns");
        lab.Measured([new("handover", "交接"), Nanoseconds.Each], new MeasuredRow(new("to another thread, by futex", "通过 futex 交给另一个线程"), Nanoseconds.Show(nanoseconds)));
    }

    private static void Compute(LabRun lab)
    {
        var (interrupts, before) = (KernelCounters.Interrupts(), ThreadUsage.OfCurrent());
        var nanoseconds = Nanoseconds.Of(() =>
        {
            for (var i = 0; i < 4_000; i++)
                EmptyCalls.Function(10_000);
        });
        var (found, after) = (KernelCounters.Interrupts() - interrupts, ThreadUsage.OfCurrent());
        lab.Holds(new("Devices, the clock first, interrupt the processors all the same: no program can keep the kernel out.", "外设（首先是时钟）仍然会中断处理器：没有程序能把内核挡在外面。"), found > 0);
        lab.Measured(
            [new("in the meantime", "在此期间"), new("count", "次数")],
            new MeasuredRow(new("milliseconds of computing", "计算的毫秒数"), (nanoseconds / 1e6).ToString("0", CultureInfo.InvariantCulture)),
            new MeasuredRow(new("interrupts on all processors", "所有处理器上的中断"), $"{found}"),
            new MeasuredRow(new("times that another thread was put in this one's place", "本线程被换下的次数"), $"{after.InvoluntarySwitches - before.InvoluntarySwitches}"));
    }
}
