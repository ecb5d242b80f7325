using System.Net;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Cni.Masquerade;

/// <summary>
/// Gives traffic of pods that leaves the cluster the node's address. One constant rule per network, whatever the number of pods:
/// <c>ip saddr @pods ip daddr != @direct masquerade fully-random</c>; an ADD adds an element to <c>pods</c>, a DEL removes it.
/// </summary>
internal sealed class PodMasquerade : IDisposable
{
    private const string Chain = "postrouting", Pods = "pods", Direct = "direct";

    private static readonly IPNetwork Multicast = new(IPAddress.Parse("224.0.0.0"), 4);

    private readonly NftTable _table;
    private readonly NftClient _client = new();

    public PodMasquerade(string network) => _table = new NftTable(NftFamily.IPv4, $"viaduct-cni-{network}");

    public void Dispose() => _client.Dispose();

    /// <summary>Masquerades these pod addresses; all in one transaction.</summary>
    public void Add(IEnumerable<IPAddress> pods, IReadOnlyList<IPNetwork> direct)
    {
        var batch = new NftBatch();
        var wanted = NftRanges.Of([.. direct, Multicast]);
        if (!wanted.SetEquals(PresentRanges()))
            SetUp(batch, wanted);
        _client.Commit(batch.AddElements(_table, Pods, pods.Select(Element)));
    }

    /// <summary>Stops doing so; those that are not there are no error.</summary>
    public void Remove(IEnumerable<IPAddress> pods)
    {
        foreach (var pod in pods)
        {
            try
            {
                _client.Commit(new NftBatch().DeleteElements(_table, Pods, [Element(pod)]));
            }
            catch (NetlinkException e) when (e.IsNotFound)
            {
                // The element, or the table with it, is gone already.
            }
        }
    }

    /// <summary>The pod addresses that are masqueraded now.</summary>
    public IReadOnlyList<IPAddress> List() => [.. Elements(Pods).Select(element => new IPAddress(element.Key.Span))];

    // Every step can be repeated by another ADD at the same time: the chain is emptied and the set refilled in the same transaction.
    private void SetUp(NftBatch batch, IEnumerable<NftElement> direct) => batch
        .AddTable(_table)
        .AddSet(_table, new NftSetSpec { Name = Pods, KeyType = NftType.IPv4Address, Comment = "masqueraded sources" })
        .AddSet(_table, new NftSetSpec { Name = Direct, KeyType = NftType.IPv4Address, IsInterval = true, Comment = "destinations reached with the pod's own address" })
        .FlushSet(_table, Direct)
        .AddElements(_table, Direct, direct)
        .AddChain(_table, new NftChainSpec { Name = Chain, Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
        .FlushChain(_table, Chain)
        .AddRule(_table, Chain, new NftRuleSpec(
            PayloadExpression.IPv4Source(NftRegister.First),
            new LookupExpression(Pods, NftRegister.First),
            PayloadExpression.IPv4Destination(NftRegister.First),
            new LookupExpression(Direct, NftRegister.First) { IsInverted = true },
            new MasqueradeExpression(NftNatFlags.FullyRandom)));

    private IEnumerable<NftElement> PresentRanges() => Elements(Direct);

    private IReadOnlyList<NftElement> Elements(string set)
    {
        try
        {
            return _client.ListElements(_table, set);
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return [];
        }
    }

    private static NftElement Element(IPAddress address) => new(NftData.Address(address));
}
