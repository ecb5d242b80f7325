using Viaduct.Linux.Features;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Backends;

namespace Viaduct.Lab.Filtering;

/// <summary>What this kernel has for rules: nftables if it can, or iptables.</summary>
internal static class PacketFilters
{
    private static readonly Lazy<KernelFeature> s_nftables = new(KernelFeature.ProbeNftablesNat);

    /// <summary>A kernel may be built with nftables and still without its family ip (CONFIG_NF_TABLES_IPV4), as Debian's user-mode Linux.</summary>
    public static bool HasNftables => s_nftables.Value.Available;

    /// <summary>Whether one of the two is there.</summary>
    public static KernelFeature Probe()
    {
        if (HasNftables || s_nftables.Value.IsUntried)
            return s_nftables.Value;
        using var trial = NetNamespace.Create();
        return trial.Run(() => LabBackends.FindMissing(ProxyMode.Iptables)) is null ? new KernelFeature("iptables", s_nftables.Value.Purpose, true, null) : s_nftables.Value;
    }

    public static IPacketFilter Open(NetNamespace ns) => HasNftables ? new NftablesFilter(ns) : new IptablesFilter(ns);
}
