using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>Makes the kernel serve a <see cref="ProxyState"/> of one IP family. Called by one caller at a time. What is served stays served after its end, except by copying (userspace).</summary>
public interface IProxyBackend : IDisposable
{
    /// <summary>
    /// Brings the kernel from what it serves to <paramref name="desired"/>. Only the frontends of <paramref name="change"/> differ from the
    /// last call; at the first call, and after one that failed, the backend finds out by itself what differs.
    /// </summary>
    Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation);

    /// <summary>
    /// Whether the kernel translates flows by connection tracking, so that UDP flows to endpoints which left must be ended there. No: the backend
    /// ends them itself.
    /// </summary>
    bool UsesConntrack => true;

    /// <summary>
    /// Waits until somebody else changed what this backend wrote; the next <see cref="ApplyAsync"/> then repairs it. A backend that
    /// cannot notice waits until cancelled.
    /// </summary>
    Task WaitForForeignEditAsync(CancellationToken cancellation);
}

/// <summary>What an application did.</summary>
/// <param name="Elements">Elements that were added or removed.</param>
/// <param name="Transactions">Kernel transactions; none when nothing differed.</param>
public sealed record ProxyReport(int Elements, int Transactions)
{
    /// <summary>Whether everything was compared (the first time, after a failure, after a foreign edit) and not only the change.</summary>
    public bool IsFull { get; init; }

    /// <summary>Service ports that the kernel refused; all others are served.</summary>
    public IReadOnlyList<ServiceProblem> Refused { get; init; } = [];

    /// <summary>The names of those: frontends that they claim are another one's, if another one claims them.</summary>
    public IReadOnlyCollection<ServicePortName> RefusedPorts { get; init; } = [];
}
