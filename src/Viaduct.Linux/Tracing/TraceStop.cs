namespace Viaduct.Linux.Tracing;

/// <summary>Why a traced thread stopped.</summary>
public abstract record TraceStop
{
    private TraceStop()
    {
    }

    /// <summary>It enters the kernel by a system call.</summary>
    /// <param name="Number">The call's number on this architecture.</param>
    /// <param name="First">Its first argument.</param>
    /// <param name="Second">Its second argument.</param>
    public sealed record Entry(int Number, ulong First, ulong Second) : TraceStop;

    /// <summary>It leaves the kernel.</summary>
    /// <param name="Result">The result; a negative error number for a failure.</param>
    public sealed record Exit(long Result) : TraceStop;

    /// <summary>It made a new process or thread, which is traced, too.</summary>
    /// <param name="Child">Its id.</param>
    public sealed record Forked(int Child) : TraceStop;

    /// <summary>A signal is about to be delivered.</summary>
    /// <param name="Signal">Its number.</param>
    public sealed record Signalled(int Signal) : TraceStop;

    /// <summary>It was asked to stop, or has just begun.</summary>
    public sealed record Paused : TraceStop;
}
