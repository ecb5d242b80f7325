using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Lab.Network;

/// <content>Address translation.</content>
public sealed partial class LabHost
{
    /// <summary>What leaves a network by another device than its own gets the address of that device.</summary>
    public void Masquerade(IPNetwork network, string device)
    {
        Note("nft add table ip nat");
        Note("nft add chain ip nat postrouting '{ type nat hook postrouting priority srcnat; }'");
        Note($"nft add rule ip nat postrouting ip saddr {network} oifname != {device} masquerade");
        var table = new NftTable(NftFamily.IPv4, "nat");
        using var nft = NftClient.In(Namespace);
        nft.Commit(new NftBatch()
            .AddTable(table)
            .AddSet(table, new NftSetSpec { Name = "inside", KeyType = NftType.IPv4Address, IsInterval = true })
            .AddElements(table, "inside", NftElement.Range(network))
            .AddChain(table, new NftChainSpec { Name = "postrouting", Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
            .AddRule(table, "postrouting", new NftRuleSpec(
                PayloadExpression.IPv4Source(NftRegister.First),
                new LookupExpression("inside", NftRegister.First),
                new MetaExpression(NftMetaKey.OutputInterfaceName, NftRegister.First),
                new CompareExpression(NftCompare.NotEqual, NftRegister.First, NftData.InterfaceName(device)),
                new MasqueradeExpression())));
    }
}
