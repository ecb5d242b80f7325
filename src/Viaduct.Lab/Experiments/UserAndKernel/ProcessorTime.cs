using Viaduct.Linux.Processes;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>Processor time of a process: exact in all; how it is shared out is known in hundredths of a second only.</summary>
internal readonly record struct ProcessorTime(TimeSpan Total, long UserTicks, long SystemTicks)
{
    public TimeSpan InKernel => SystemTicks == 0 ? TimeSpan.Zero : Total * ((double)SystemTicks / (UserTicks + SystemTicks));

    public TimeSpan InUserMode => Total - InKernel;

    public static ProcessorTime operator -(ProcessorTime later, ProcessorTime earlier) =>
        new(later.Total - earlier.Total, later.UserTicks - earlier.UserTicks, later.SystemTicks - earlier.SystemTicks);

    public static ProcessorTime Of(int process)
    {
        var stat = ProcessStat.Read(process);
        return new(ProcessClock.Read(process), stat.UserTicks, stat.SystemTicks);
    }
}
