using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;

namespace Viaduct.Lab.Filtering;

/// <summary>The proxy's modes in experiments: userspace, too, on a kernel that has only iptables.</summary>
internal static class LabBackends
{
    /// <summary>The mode whose rules the kernel can have.</summary>
    public static ProxyMode KernelMode => PacketFilters.HasNftables ? ProxyMode.Nftables : ProxyMode.Iptables;

    /// <summary>For the calling thread's network namespace.</summary>
    public static IProxyBackend Open(ProxyMode mode, BackendOptions options) => mode == ProxyMode.Userspace && !PacketFilters.HasNftables
        ? UserspaceBackend.Open(options, NullLogger.Instance, new UserspaceOptions { Redirects = new IptablesRedirects() })
        : ProxyBackends.Open(mode, options, NullLogger.Instance);

    /// <summary>What this machine lacks for a mode, in words; null for nothing. For the calling thread's network namespace.</summary>
    public static string? FindMissing(ProxyMode mode)
    {
        var needed = mode == ProxyMode.Userspace ? KernelMode : mode;
        var missing = ProxyBackends.FindMissingFeatures(needed, new BackendOptions { Family = IPFamily.IPv4 });
        return missing.Count == 0 ? null : string.Join(' ', missing);
    }
}
