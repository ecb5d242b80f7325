using System.Threading.Channels;

namespace Viaduct.Tests.Fakes;

/// <summary>A clock on which a wait ends when a test says so.</summary>
public sealed class HeldTime : TimeProvider
{
    /// <summary>Waits that have begun, in order.</summary>
    public Channel<Wait> Waits { get; } = Channel.CreateUnbounded<Wait>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Writer.TryWrite(new Wait(dueTime, () => callback(state)));
        return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="Length">How long it was meant to be.</param>
    /// <param name="End">Ends it.</param>
    public sealed record Wait(TimeSpan Length, Action End);
}
