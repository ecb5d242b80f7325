using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>
/// Finds out which variant the node uses, as the wrapper in kube-proxy's image does: all who write rules must use the same one. Chains of kubelet,
/// kube-proxy or this proxy tell; else it is what the program iptables is, unless the kernel can only do the other one.
/// </summary>
internal static class VariantDetection
{
    private static readonly string[] s_hints = ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY", ChainNames.Canary];

    public static IptablesVariant Detect(NetNamespace ns, IPFamily family) =>
        HasNftHint(ns) ? IptablesVariant.Nft
        : HasLegacyHint(ns, family) ? IptablesVariant.Legacy
        : OfMachine(family);

    private static bool HasNftHint(NetNamespace ns)
    {
        using var nft = NftClient.In(ns);
        return new[] { NftFamily.IPv4, NftFamily.IPv6 }.Any(f => nft.ListChains(new NftTable(f, "mangle")).Any(c => s_hints.Contains(c.Name)));
    }

    // The list of tables in use is read first: iptables-legacy would load the module and make them.
    private static bool HasLegacyHint(NetNamespace ns, IPFamily family)
    {
        if (!HasLegacyTables(ns, family) || !ProgramPaths.Has(family, IptablesVariant.Legacy))
            return false;
        using var programs = new IptablesPrograms(ns.Run(NetNamespace.OpenCurrent), family, IptablesVariant.Legacy);
        return s_hints.Any(h => programs.HasChainAsync("mangle", h).GetAwaiter().GetResult());
    }

    /// <summary>Whether iptables-legacy has tables in the namespace.</summary>
    public static bool HasLegacyTables(NetNamespace ns, IPFamily family)
    {
        var list = family == IPFamily.IPv4 ? "/proc/thread-self/net/ip_tables_names" : "/proc/thread-self/net/ip6_tables_names";
        return ns.Run(() => File.Exists(list) && File.ReadAllText(list).Contains("mangle", StringComparison.Ordinal));
    }

    private static IptablesVariant OfMachine(IPFamily family)
    {
        if (Ask(family) == IptablesVariant.Legacy)
            return IptablesVariant.Legacy;
        var isOnlyLegacyPossible = ProgramPaths.Has(family, IptablesVariant.Legacy) && !HasNftables(family);
        return isOnlyLegacyPossible ? IptablesVariant.Legacy : IptablesVariant.Nft;
    }

    // Debian's iptables is nf_tables'; a kernel may be built with CONFIG_NF_TABLES and still without CONFIG_NF_TABLES_IPV4.
    private static bool HasNftables(IPFamily family)
    {
        using var elsewhere = NetNamespace.Create();
        using var nft = NftClient.In(elsewhere);
        try
        {
            nft.Commit(new NftBatch().AddTable(new NftTable(family == IPFamily.IPv4 ? NftFamily.IPv4 : NftFamily.IPv6, "viaduct-probe")));
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }

    private static IptablesVariant Ask(IPFamily family) =>
        ProgramPaths.FindPlain(family) is { } program ? ProgramPaths.VariantOf(program)
        : ProgramPaths.Has(family, IptablesVariant.Legacy) && !ProgramPaths.Has(family, IptablesVariant.Nft) ? IptablesVariant.Legacy
        : IptablesVariant.Nft;
}
