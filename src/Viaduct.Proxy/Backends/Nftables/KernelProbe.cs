using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Tries what the table needs in a table of its own, which is gone afterwards.</summary>
internal static class KernelProbe
{
    private const string Tables = "nftables";
    private static readonly NftRegister R = NftRegister.First;

    public static IReadOnlyList<string> FindMissing(NftClient nft, IPFamily family)
    {
        var missing = new List<string>();
        foreach (var (what, remedy, build) in Features(family))
        {
            if (Refuses(nft, family, build) is { } error)
                missing.Add($"The kernel does not support {what} ({error.TrimEnd('.')}): {remedy}.");
            // Without tables nothing else can be tried.
            if (missing.Count == 1 && what == Tables)
                break;
        }

        return missing;
    }

    private static string? Refuses(NftClient nft, IPFamily family, Action<NftBatch, NftTable> build)
    {
        var table = TableLayout.TableOf(family) with { Name = "viaduct-probe" };
        var batch = new NftBatch().DestroyTable(table).AddTable(table);
        build(batch, table);
        try
        {
            // Made and deleted at once: nobody else ever sees it.
            nft.Commit(batch.DeleteTable(table));
            return null;
        }
        catch (NetlinkException e)
        {
            return e.Message;
        }
    }

    private static IEnumerable<(string What, string Remedy, Action<NftBatch, NftTable> Build)> Features(IPFamily family)
    {
        var fields = new PacketFields(family);
        yield return (Tables, "it needs Linux 5.15 or newer with CONFIG_NF_TABLES and CAP_NET_ADMIN", (_, _) => { });
        yield return ("address translation by maps with several fields", "load the modules nft_chain_nat and nft_nat", (batch, table) => Map(Nat(batch, table, NftHookPoint.Prerouting), table, fields));
        yield return ("random numbers in rules", "load the module nft_numgen", (batch, table) => Rule(Nat(batch, table, NftHookPoint.Output), table, new NumgenExpression(2, R)));
        yield return ("masquerading", "load the module nft_masq", (batch, table) => Rule(Nat(batch, table, NftHookPoint.Postrouting), table, new MasqueradeExpression(NftNatFlags.FullyRandom)));
        yield return ("looking addresses up in the routing tables", "load the modules nft_fib_ipv4 and nft_fib_ipv6", (batch, table) => Rule(Filter(batch, table), table, PacketFields.IsLocal(false, R)));
        yield return ("connection tracking in rules", "load the module nft_ct", (batch, table) => Rule(Filter(batch, table), table, new ConntrackExpression(NftConntrackKey.Status, R)));
        yield return ("refusing packets in prerouting", "use Linux 5.9 or newer, with the module nft_reject", (batch, table) => Rule(Nat(batch, table, NftHookPoint.Prerouting), table, fields.PortUnreachable));
        yield return ("sets of ranges with several fields", "use Linux 5.6 or newer", (batch, table) => Set(batch, table, fields, TableSet.SourceRanges));
        yield return ("maps that rules write", "use Linux 5.15 or newer", (batch, table) => Set(batch, table, fields, TableSet.Affinity));
        yield return ("counters of set elements", "use Linux 5.7 or newer, with the module nft_counter", (batch, table) => Set(batch, table, fields, TableSet.Service));
    }

    private static void Map(NftBatch batch, NftTable table, PacketFields fields)
    {
        Set(batch, table, fields, TableSet.Endpoints);
        Rule(batch, table, [.. fields.Frontend(R), new NumgenExpression(2, R.Plus(fields.FrontendWords)),
            new LookupExpression(TableSets.Name(TableSet.Endpoints), R) { Destination = R }, new NatExpression(NftNatKind.Destination, fields.Family, R, R.Plus(fields.AddressWords))]);
    }

    private static void Set(NftBatch batch, NftTable table, PacketFields fields, TableSet set) =>
        batch.AddSet(table, TableSets.Of(fields, new BackendOptions { Family = fields.IsIPv4 ? IPFamily.IPv4 : IPFamily.IPv6 })[set]);

    private static void Rule(NftBatch batch, NftTable table, params NftExpression[] expressions) => batch.AddRule(table, "probe", new NftRuleSpec([.. expressions]));

    private static NftBatch Nat(NftBatch batch, NftTable table, NftHookPoint point) =>
        batch.AddChain(table, new NftChainSpec { Name = "probe", Hook = new(NftChainType.Nat, point, point == NftHookPoint.Postrouting ? NftPriority.SourceNat : NftPriority.DestinationNat) });

    private static NftBatch Filter(NftBatch batch, NftTable table) =>
        batch.AddChain(table, new NftChainSpec { Name = "probe", Hook = new(NftChainType.Filter, NftHookPoint.Prerouting, NftPriority.DestinationNat) });
}
