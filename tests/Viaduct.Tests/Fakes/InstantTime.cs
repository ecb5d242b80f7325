using System.Threading.Channels;

namespace Viaduct.Tests.Fakes;

/// <summary>A clock on which waiting takes no time: every timer up to a length fires at once, and how long it was is told. Longer ones never fire.</summary>
public sealed class InstantTime(TimeSpan longest) : TimeProvider
{
    /// <summary>How long each wait was meant to be.</summary>
    public Channel<TimeSpan> Waited { get; } = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime > longest)
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Waited.Writer.TryWrite(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
