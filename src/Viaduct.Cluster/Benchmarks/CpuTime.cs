using System.Globalization;

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
    public static CpuTime OfProcess(int id) => Stat.Read($"/proc/{id}/stat").Time;

    /// <summary>A process and its children, those that ended and were waited for, too.</summary>
    public static CpuTime OfProcessAndChildren(int id)
    {
        var sum = default(CpuTime);
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(p[^1])))
        {
            if (Stat.TryRead($"{process}/stat") is not { } stat)
                continue;
            if (Path.GetFileName(process) == id.ToString(CultureInfo.InvariantCulture))
                sum += new CpuTime(stat.Number(Stat.ChildrenUserTime), stat.Number(Stat.ChildrenSystemTime)) + stat.Time;
            else if (stat.Number(Stat.Parent) == id)
                sum += stat.Time;
        }

        return sum;
    }

    /// <summary>proc_pid_stat(5): the name, which may hold anything, ends at the last parenthesis; the field after it is number 3.</summary>
    private readonly record struct Stat(string[] Fields)
    {
        public const int Parent = 4, UserTime = 14, SystemTime = 15, ChildrenUserTime = 16, ChildrenSystemTime = 17;

        public CpuTime Time => new(Number(UserTime), Number(SystemTime));

        public static Stat Read(string path)
        {
            var text = File.ReadAllText(path);
            return new(text[(text.LastIndexOf(')') + 2)..].Split(' '));
        }

        public static Stat? TryRead(string path)
        {
            try
            {
                return Read(path);
            }
            catch (IOException)
            {
                // It has ended.
                return null;
            }
        }

        public long Number(int field) => long.Parse(Fields[field - 3], CultureInfo.InvariantCulture);
    }
}
