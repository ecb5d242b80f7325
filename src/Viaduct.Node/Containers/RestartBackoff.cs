namespace Viaduct.Node.Containers;

/// <summary>
/// When a container that ended may start again: at once the first time, then after 10 s, doubling up to 5 min;
/// ten minutes of running forgive everything (kubelet: MaxContainerBackOff and its doubled reset).
/// </summary>
internal readonly record struct RestartBackoff(int Restarts)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan ForgivenAfter = TimeSpan.FromMinutes(10);

    /// <summary>The wait before the next start; zero for the first restart.</summary>
    public TimeSpan Delay => Restarts switch
    {
        0 => TimeSpan.Zero,
        > 5 => Longest,
        _ => First * (1 << (Restarts - 1)),
    };

    /// <summary>The back-off in force once a run has ended.</summary>
    public RestartBackoff AfterRun(TimeSpan ran) => ran >= ForgivenAfter ? default : this;

    /// <summary>The back-off in force once the container has been started again.</summary>
    public RestartBackoff AfterRestart() => new(Math.Min(Restarts + 1, 10));
}
