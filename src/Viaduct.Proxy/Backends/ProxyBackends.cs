using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Backends.Ipvs;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends;

/// <summary>The one place that knows which backend serves a mode. Everything is done in the calling thread's network namespace.</summary>
public static class ProxyBackends
{
    /// <summary>Opens a mode's backend; nothing is changed before its first application.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="options">What its backend must know.</param>
    /// <param name="log">For the backend.</param>
    /// <param name="commits">What the backends of all families have in common; null: this is the only one.</param>
    public static IProxyBackend Open(ProxyMode mode, BackendOptions options, ILogger log, OwnCommits? commits = null) => mode switch
    {
        ProxyMode.Nftables => NftablesBackend.Open(options, commits),
        ProxyMode.Iptables => IptablesBackend.Open(options),
        ProxyMode.Ipvs => IpvsBackend.Open(options, log),
        ProxyMode.Userspace => UserspaceBackend.Open(options, log, commits: commits),
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    /// <summary>What this machine lacks for a mode, a sentence each; nothing if it can serve.</summary>
    public static IReadOnlyList<string> FindMissingFeatures(ProxyMode mode, BackendOptions options) => mode switch
    {
        ProxyMode.Nftables => NftablesBackend.FindMissingFeatures(options.Family),
        ProxyMode.Iptables => IptablesBackend.FindMissingFeatures(options.Family, options.Iptables),
        ProxyMode.Ipvs => IpvsBackend.FindMissingFeatures(options.Family, options.Ipvs),
        ProxyMode.Userspace => UserspaceBackend.FindMissingFeatures(options.Family),
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    /// <summary>Removes what a mode wrote for a family, if anything, and nothing else.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="family">The family.</param>
    /// <param name="serving">The mode that serves instead and its options; null: none does.</param>
    public static void Remove(ProxyMode mode, IPFamily family, (ProxyMode Mode, BackendOptions Options)? serving = null)
    {
        switch (mode)
        {
            case ProxyMode.Nftables:
                NftablesBackend.Remove(family, serving is { Mode: ProxyMode.Iptables } next && new RuleSyntax(next.Options).OpensLoopback);
                break;
            case ProxyMode.Iptables:
                IptablesBackend.Remove(family);
                break;
            case ProxyMode.Ipvs:
                IpvsBackend.Remove(family);
                break;
            case ProxyMode.Userspace:
                UserspaceBackend.Remove(family);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(mode));
        }
    }
}
