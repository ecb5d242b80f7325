namespace Viaduct.Linux.Polling;

/// <summary>
/// Runs an action on a loop's thread after a time. It waits once, however often it is started: who begins many short things that share a timer must not leave a
/// timer behind for each. For the loop's thread only.
/// </summary>
public sealed class LoopTimer(EventLoop loop, Action action)
{
    private bool isWaiting;

    /// <summary>Begins to wait; nothing if it waits already, which then ends when it would have.</summary>
    public void Start(TimeSpan time)
    {
        if (isWaiting)
            return;
        isWaiting = true;
        loop.After(time, End);
    }

    private void End()
    {
        isWaiting = false;
        action();
    }
}
