using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>Makes the kernel serve a <see cref="ProxyState"/>. Called by one caller at a time.</summary>
public interface IProxyBackend
{
    /// <summary>
    /// Brings the kernel from what it serves to <paramref name="desired"/>. Only the frontends of <paramref name="change"/> differ from the
    /// last call; at the first call, and after one that failed, the backend finds out by itself what differs.
    /// </summary>
    Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation);
}

/// <summary>What an application did.</summary>
/// <param name="Elements">Elements that were added or removed.</param>
/// <param name="Transactions">Kernel transactions; none when nothing differed.</param>
/// <param name="DeletedFlows">UDP flows to endpoints that left, which were ended.</param>
public sealed record ProxyReport(int Elements, int Transactions, int DeletedFlows);
