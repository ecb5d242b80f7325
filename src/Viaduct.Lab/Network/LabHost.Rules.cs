using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Lab.Network;

/// <content>Rules of nftables.</content>
public sealed partial class LabHost
{
    private readonly HashSet<NftTable> tables = [];

    /// <summary>Adds a chain with rules to a table, which is made if it is not there.</summary>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain's name; also the hook's, in lower case.</param>
    /// <param name="hook">Where it hangs.</param>
    /// <param name="priority">The priority as nft(8) names it.</param>
    /// <param name="rules">Each rule as nft(8) takes it, and what it consists of.</param>
    public void AddRules(NftTable table, string chain, NftHookSpec hook, string priority, params IReadOnlyList<(string Text, NftRuleSpec Rule)> rules)
    {
        if (tables.Add(table))
            Note($"nft add table {table}");
        Note($"nft add chain {table} {chain} '{{ type {hook.Type.ToString().ToLowerInvariant()} hook {hook.Point.ToString().ToLowerInvariant()} priority {priority}; }}'");
        var batch = new NftBatch().AddTable(table).AddChain(table, new NftChainSpec { Name = chain, Hook = hook });
        foreach (var (text, rule) in rules)
        {
            Note($"nft add rule {table} {chain} {text}");
            batch.AddRule(table, chain, rule);
        }

        using var nft = NftClient.In(Namespace);
        nft.Commit(batch);
    }

    public void DeleteTable(NftTable table)
    {
        Note($"nft delete table {table}");
        tables.Remove(table);
        using var nft = NftClient.In(Namespace);
        nft.Commit(new NftBatch().DeleteTable(table));
    }

    /// <summary>How many packets the counters of a table's rules have seen.</summary>
    public ulong Counted(NftTable table)
    {
        using var nft = NftClient.In(Namespace);
        return nft.ListRules(table).SelectMany(r => r.Expressions).OfType<CounterExpression>().Aggregate(0UL, (sum, c) => sum + c.Packets);
    }

    /// <summary>What comes for one address goes to another, as kube-proxy does it for a Service.</summary>
    public void TranslateDestination(string address, string to) => AddRules(
        new NftTable(NftFamily.IPv4, "services"),
        "prerouting",
        new NftHookSpec(NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat),
        "dstnat",
        ($"ip daddr {address} dnat to {to}", new NftRuleSpec(
            PayloadExpression.IPv4Destination(NftRegister.First),
            new CompareExpression(NftCompare.Equal, NftRegister.First, NftData.Address(IPAddress.Parse(address))),
            new ImmediateExpression(NftRegister.First, NftData.Address(IPAddress.Parse(to))),
            new NatExpression(NftNatKind.Destination, NftFamily.IPv4, NftRegister.First))));
}
