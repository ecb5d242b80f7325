using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Switching;

/// <summary>The modes of a family in the process's own network namespace.</summary>
/// <param name="family">The family.</param>
/// <param name="options">What each mode's backend must know.</param>
/// <param name="commits">What all families have in common.</param>
/// <param name="log">For the backends.</param>
internal sealed class FamilyModes(IPFamily family, Func<ProxyMode, BackendOptions> options, OwnCommits commits, ILogger log) : IProxyModes
{
    public IReadOnlyList<ProxyMode> All { get; } = Enum.GetValues<ProxyMode>();

    public BackendOptions Options(ProxyMode mode) => options(mode);

    public IProxyBackend Open(ProxyMode mode) => ProxyBackends.Open(mode, options(mode), log, commits);

    public void Remove(ProxyMode mode, ProxyMode serving) => ProxyBackends.Remove(mode, family, (serving, options(serving)));
}
