using System.Globalization;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>Processor time, as the kernel counts it in hundredths of a second (USER_HZ).</summary>
internal readonly record struct CpuTime(long UserTicks, long SystemTicks)
{
    private const double TicksPerSecond = 100;

    public double UserSeconds => UserTicks / TicksPerSecond;

    public double SystemSeconds => SystemTicks / TicksPerSecond;

    public double TotalSeconds => UserSeconds + SystemSeconds;

    public static CpuTime operator +(CpuTime one, CpuTime other) => new(one.UserTicks + other.UserTicks, one.SystemTicks + other.SystemTicks);

    public static CpuTime operator -(CpuTime one, CpuTime other) => new(one.UserTicks - other.UserTicks, one.SystemTicks - other.SystemTicks);

    /// <summary>All processors: user and nice; system, irq and softirq. What a hypervisor gave to others is in neither.</summary>
    public static CpuTime OfMachine()
    {
        // cpu user nice system idle iowait irq softirq steal ... (proc_stat(5))
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long Field(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
        return new(Field(1) + Field(2), Field(3) + Field(6) + Field(7));
    }

    /// <summary>A process, without its children.</summary>
    public static CpuTime OfProcess(int id) => Own(ProcessStat.Read(id));

    /// <summary>A process and its children, those that ended and were waited for, too.</summary>
    public static CpuTime OfProcessAndChildren(int id)
    {
        var sum = default(CpuTime);
        foreach (var name in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var process) || ProcessStat.TryRead(process) is not { } stat)
                continue;
            if (process == id)
                sum += new CpuTime(stat.ChildrenUserTicks, stat.ChildrenSystemTicks) + Own(stat);
            else if (stat.Parent == id)
                sum += Own(stat);
        }

        return sum;
    }

    private static CpuTime Own(ProcessStat stat) => new(stat.UserTicks, stat.SystemTicks);
}
