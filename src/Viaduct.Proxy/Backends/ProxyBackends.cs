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
    public static IProxyBackend Open(ProxyMode mode, BackendOptions options, ILogger log) => mode switch
    {
        ProxyMode.Nftables => NftablesBackend.Open(options),
        ProxyMode.Iptables => IptablesBackend.Open(options),
        ProxyMode.Ipvs => IpvsBackend.Open(options, log),
        ProxyMode.Userspace => UserspaceBackend.Open(options, log),
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
    public static void Remove(ProxyMode mode, IPFamily family)
    {
        switch (mode)
        {
            case ProxyMode.Nftables:
                NftablesBackend.Remove(family);
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
