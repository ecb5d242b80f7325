namespace Viaduct.Node.Network.Routing;

/// <summary>
/// How often everything may be set right: at once as often as a flush of many routes takes, and slowly when it never ends, because somebody else keeps undoing it. A token bucket;
/// not for concurrent use.
/// </summary>
/// <param name="burst">As many rounds in a row as may be.</param>
/// <param name="interval">From then on one in this time.</param>
/// <param name="time">Whose time.</param>
public sealed class Pace(int burst, TimeSpan interval, TimeProvider time)
{
    private double _left = burst;
    private long _last = time.GetTimestamp();

    /// <summary>Takes one round; answers how long to wait before it, which is nothing as a rule.</summary>
    public TimeSpan Next()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(burst, _left + (time.GetElapsedTime(_last, now) / interval));
        _last = now;
        _left--;
        return _left >= 0 ? TimeSpan.Zero : -_left * interval;
    }
}
