using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>Masquerades everything that leaves a node, tunnelled packets too, as many firewalls of nodes do.</summary>
internal static class OuterMasquerade
{
    /// <summary>In the calling thread's namespace.</summary>
    public static NftClient Apply()
    {
        var (client, table) = (new NftClient(), new NftTable(NftFamily.IPv4, "all"));
        client.Commit(new NftBatch().AddTable(table)
            .AddChain(table, new NftChainSpec { Name = "post", Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
            .AddRule(table, "post", new NftRuleSpec(new MasqueradeExpression(NftNatFlags.FullyRandom))));
        return client;
    }
}
