using System.Globalization;
using Viaduct.Linux.Processes;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>Processor time of a process: exact in all; how it is shared out is known in hundredths of a second only.</summary>
internal readonly record struct ProcessorTime(TimeSpan Total, long UserTicks, long SystemTicks)
{
    public TimeSpan InKernel => SystemTicks == 0 ? TimeSpan.Zero : Total * ((double)SystemTicks / (UserTicks + SystemTicks));

    public TimeSpan InUserMode => Total - InKernel;

    public static ProcessorTime operator -(ProcessorTime later, ProcessorTime earlier) =>
        new(later.Total - earlier.Total, later.UserTicks - earlier.UserTicks, later.SystemTicks - earlier.SystemTicks);

    /// <summary>utime and stime of proc_pid_stat(5), whose fields behind the name count from 3, and the process's clock.</summary>
    public static ProcessorTime Of(int process)
    {
        var text = File.ReadAllText($"/proc/{process}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new(ProcessClock.Read(process), long.Parse(fields[11], CultureInfo.InvariantCulture), long.Parse(fields[12], CultureInfo.InvariantCulture));
    }
}
