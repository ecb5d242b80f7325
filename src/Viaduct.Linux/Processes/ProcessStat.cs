using System.Globalization;

namespace Viaduct.Linux.Processes;

/// <summary>What /proc/PID/stat tells of a process (proc_pid_stat(5)). Times are in hundredths of a second (USER_HZ).</summary>
public readonly record struct ProcessStat
{
    // As the manual page counts them.
    private const int FirstBehindName = 3, ParentField = 4, MinorFaultsField = 10, UserTimeField = 14, SystemTimeField = 15, ChildrenUserTimeField = 16, ChildrenSystemTimeField = 17;

    private readonly string[] _fields;

    private ProcessStat(string[] fields) => _fields = fields;

    /// <summary>The process that started it, or that has it now.</summary>
    public long Parent => Number(ParentField);

    /// <summary>Page faults that needed no disk.</summary>
    public long MinorFaults => Number(MinorFaultsField);

    /// <summary>Processor time of all its threads in user mode.</summary>
    public long UserTicks => Number(UserTimeField);

    /// <summary>Processor time of all its threads in the kernel.</summary>
    public long SystemTicks => Number(SystemTimeField);

    /// <summary>The same of children that ended and were waited for.</summary>
    public long ChildrenUserTicks => Number(ChildrenUserTimeField);

    /// <inheritdoc cref="ChildrenUserTicks"/>
    public long ChildrenSystemTicks => Number(ChildrenSystemTimeField);

    /// <summary>As it is now.</summary>
    /// <exception cref="IOException">There is no such process.</exception>
    public static ProcessStat Read(int process) => Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")));

    /// <summary>Null if the process has ended.</summary>
    public static ProcessStat? TryRead(int process)
    {
        try
        {
            return Read(process);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The name, which may hold anything, ends at the last parenthesis.</summary>
    internal static ProcessStat Parse(string text) => new(text[(text.LastIndexOf(')') + 2)..].Split(' '));

    private long Number(int field) => long.Parse(_fields[field - FirstBehindName], CultureInfo.InvariantCulture);
}
