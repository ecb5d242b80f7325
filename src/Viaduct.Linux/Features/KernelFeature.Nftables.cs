using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Linux.Features;

/// <content>nftables.</content>
public sealed partial record KernelFeature
{
    /// <summary>Tries to make a table with a chain, a map and a rule that translate addresses.</summary>
    public static KernelFeature ProbeNftablesNat() => Try("nftables nat", "Services and masquerading", "CONFIG_NF_TABLES and CONFIG_NFT_NAT", "nft_nat", () =>
    {
        using var ns = NetNamespace.Create();
        using var nft = NftClient.In(ns);
        var table = new NftTable(NftFamily.IPv4, "probe");
        nft.Commit(new NftBatch()
            .AddTable(table)
            .AddSet(table, new NftSetSpec { Name = "map", KeyType = NftType.IPv4Address, DataType = NftType.IPv4Address })
            .AddChain(table, new NftChainSpec { Name = "pre", Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat) })
            .AddChain(table, new NftChainSpec { Name = "post", Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
            .AddRule(table, "pre", new NftRuleSpec(
                PayloadExpression.IPv4Destination(NftRegister.First),
                new LookupExpression("map", NftRegister.First) { Destination = NftRegister.First },
                new NumgenExpression(2, NftRegister.First.Plus(4)),
                new NatExpression(NftNatKind.Destination, NftFamily.IPv4, NftRegister.First)))
            .AddRule(table, "post", new NftRuleSpec(new MasqueradeExpression())));
    });

    /// <summary>Tries to make a table of bridged frames with a chain.</summary>
    public static KernelFeature ProbeNftablesBridge() => Try("nftables for bridges", "rules for frames", "CONFIG_NF_TABLES_BRIDGE", "nft_meta_bridge", () =>
    {
        using var ns = NetNamespace.Create();
        using var nft = NftClient.In(ns);
        var table = new NftTable(NftFamily.Bridge, "probe");
        nft.Commit(new NftBatch().AddTable(table).AddChain(table, new NftChainSpec { Name = "forward", Hook = new NftHookSpec(NftChainType.Filter, NftHookPoint.Forward, 0) }));
    });

    /// <summary>All that every cluster needs, in the order in which to look at it.</summary>
    public static IReadOnlyList<KernelFeature> ProbeAll() => [ProbeNetNamespaces(), ProbeBridge(), ProbeVeth()];
}
