using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Cni.Masquerade;

/// <summary>The table of one IP family.</summary>
internal sealed record MasqueradeFamily(NftTable Table, NftType Type, IPNetwork Multicast, PayloadExpression Source, PayloadExpression Destination)
{
    public const string PodSet = "pods", DirectSet = "direct";

    private const string Chain = "postrouting";

    public static MasqueradeFamily IPv4(string network) => new(
        new NftTable(NftFamily.IPv4, NameOf(network)), NftType.IPv4Address, IPNetwork.Parse("224.0.0.0/4"),
        PayloadExpression.IPv4Source(NftRegister.First), PayloadExpression.IPv4Destination(NftRegister.First));

    public static MasqueradeFamily IPv6(string network) => new(
        new NftTable(NftFamily.IPv6, NameOf(network)), NftType.IPv6Address, IPNetwork.Parse("ff00::/8"),
        PayloadExpression.IPv6Source(NftRegister.First), PayloadExpression.IPv6Destination(NftRegister.First));

    /// <summary>What of <paramref name="networks"/> is of this family, and multicast, as elements of the set.</summary>
    public IReadOnlySet<NftElement> Direct(IReadOnlyList<IPNetwork> networks) => NftRanges.Of([.. networks.Where(IsOfThis), Multicast]);

    // Every step can be repeated by another ADD at the same time: the chain is emptied and the set refilled in the same transaction.
    public void SetUp(NftBatch batch, IEnumerable<NftElement> direct) => batch
        .AddTable(Table)
        .AddSet(Table, new NftSetSpec { Name = PodSet, KeyType = Type, Comment = "masqueraded sources" })
        .AddSet(Table, new NftSetSpec { Name = DirectSet, KeyType = Type, IsInterval = true, Comment = "destinations reached with the pod's own address" })
        .FlushSet(Table, DirectSet)
        .AddElements(Table, DirectSet, direct)
        .AddChain(Table, new NftChainSpec { Name = Chain, Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
        .FlushChain(Table, Chain)
        .AddRule(Table, Chain, new NftRuleSpec(
            Source,
            new LookupExpression(PodSet, NftRegister.First),
            Destination,
            new LookupExpression(DirectSet, NftRegister.First) { IsInverted = true },
            new MasqueradeExpression(NftNatFlags.FullyRandom)));

    private static string NameOf(string network) => $"viaduct-cni-{network}";

    private bool IsOfThis(IPNetwork network) => (network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6) == (Table.Family == NftFamily.IPv6);
}
