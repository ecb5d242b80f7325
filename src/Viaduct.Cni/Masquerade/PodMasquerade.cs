using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;

namespace Viaduct.Cni.Masquerade;

/// <summary>
/// Gives traffic of pods that leaves the cluster the node's address. One constant rule per network and IP family, whatever the number of pods:
/// <c>ip saddr @pods ip daddr != @direct masquerade fully-random</c>; an ADD adds an element to <c>pods</c>, a DEL removes it.
/// </summary>
internal sealed class PodMasquerade(string network) : IDisposable
{
    private readonly MasqueradeFamily _ipv4 = MasqueradeFamily.IPv4(network), _ipv6 = MasqueradeFamily.IPv6(network);
    private readonly NftClient _client = new();

    public void Dispose() => _client.Dispose();

    /// <summary>Masquerades these pod addresses; all in one transaction.</summary>
    public void Add(IEnumerable<IPAddress> pods, IReadOnlyList<IPNetwork> direct)
    {
        var batch = new NftBatch();
        foreach (var family in pods.GroupBy(FamilyOf))
        {
            var wanted = family.Key.Direct(direct);
            if (!wanted.SetEquals(Elements(family.Key.Table, MasqueradeFamily.DirectSet)))
                family.Key.SetUp(batch, wanted);
            batch.AddElements(family.Key.Table, MasqueradeFamily.PodSet, family.Select(Element));
        }
        _client.Commit(batch);
    }

    /// <summary>Stops doing so; those that are not there are no error.</summary>
    public void Remove(IEnumerable<IPAddress> pods)
    {
        foreach (var pod in pods)
        {
            try
            {
                _client.Commit(new NftBatch().DeleteElements(FamilyOf(pod).Table, MasqueradeFamily.PodSet, [Element(pod)]));
            }
            catch (NetlinkException e) when (e.IsNotFound)
            {
                // The element, or the table with it, is gone already.
            }
        }
    }

    /// <summary>The pod addresses that are masqueraded now.</summary>
    public IReadOnlyList<IPAddress> List() =>
        [.. new[] { _ipv4, _ipv6 }.SelectMany(f => Elements(f.Table, MasqueradeFamily.PodSet)).Select(element => new IPAddress(element.Key.Span))];

    private MasqueradeFamily FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? _ipv6 : _ipv4;

    private IReadOnlyList<NftElement> Elements(NftTable table, string set)
    {
        try
        {
            return _client.ListElements(table, set);
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return [];
        }
    }

    private static NftElement Element(IPAddress address) => new(NftData.Address(address));
}
