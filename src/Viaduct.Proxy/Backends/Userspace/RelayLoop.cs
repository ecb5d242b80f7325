using Viaduct.Linux.Polling;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>A loop with what its connections share. Everything but <see cref="Events"/>' posting is for its own thread.</summary>
internal sealed class RelayLoop : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);
    private readonly HashSet<TcpRelay> attempts = [];
    private readonly LoopTimer glance;

    public RelayLoop(int number, DescriptorBudget budget, Action<Exception> onFailure)
    {
        Budget = budget;
        Events = new EventLoop($"relay-{number}", onFailure);
        glance = new LoopTimer(Events, LookAtAttempts);
    }

    public EventLoop Events { get; }

    public DescriptorBudget Budget { get; }

    /// <summary>TCP connections of clients that it has now.</summary>
    public int Connections { get; set; }

    /// <summary>UDP sessions that it has now.</summary>
    public int Sessions { get; set; }

    /// <summary>Has a connection told when its time for reaching an endpoint is over. One timer for all: most attempts end within a millisecond.</summary>
    public void BeginAttempt(TcpRelay relay)
    {
        attempts.Add(relay);
        glance.Start(Glance);
    }

    public void EndAttempt(TcpRelay relay) => attempts.Remove(relay);

    public void Dispose() => Events.Dispose();

    private void LookAtAttempts()
    {
        if (attempts.Count > 0)
            glance.Start(Glance);
        var now = Environment.TickCount64;
        foreach (var late in attempts.Where(a => a.Deadline <= now).ToArray())
            late.OnLate();
    }
}
