using Microsoft.Extensions.Logging;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends.Ipvs;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends;

/// <summary>The one place that knows which backend serves a mode. Everything is done in the calling thread's network namespace.</summary>
public static class ProxyBackends
{
    /// <summary>Opens a mode's backend; nothing is changed before its first application.</summary>
    public static IProxyBackend Open(ProxyMode mode, BackendOptions options, ILogger log) => mode switch
    {
        ProxyMode.Nftables => NftablesBackend.Open(options),
        ProxyMode.Ipvs => IpvsBackend.Open(options, log),
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    /// <summary>What this machine lacks for a mode, a sentence each; nothing if it can serve.</summary>
    public static IReadOnlyList<string> FindMissingFeatures(ProxyMode mode, IPFamily family, IpvsSettings? ipvs = null) => mode switch
    {
        ProxyMode.Nftables => NftablesBackend.FindMissingFeatures(family),
        ProxyMode.Ipvs => IpvsBackend.FindMissingFeatures(family, ipvs ?? new IpvsSettings()),
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    /// <summary>Removes what a mode wrote for a family, if anything, and nothing else.</summary>
    public static void Remove(ProxyMode mode, IPFamily family)
    {
        switch (mode)
        {
            case ProxyMode.Nftables:
                using (var nft = new NftClient())
                    NftablesBackend.Remove(nft, family);
                break;
            case ProxyMode.Ipvs:
                IpvsBackend.Remove(family);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(mode));
        }
    }
}
