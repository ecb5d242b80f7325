using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

/// <summary>What a family's table in the kernel holds, but for what depends on the history: slots and numbers.</summary>
internal static class TableContents
{
    public static List<string> Of(IPFamily family, NetNamespace where)
    {
        using var nft = NftClient.In(where);
        return Of(family, nft);
    }

    public static List<string> Of(IPFamily family, NftClient nft)
    {
        var table = new NftTable(family == IPFamily.IPv4 ? NftFamily.IPv4 : NftFamily.IPv6, "viaduct");
        var lines = nft.ListChains(table).Select(c => $"chain {c.Name}").Concat(nft.ListRules(table).Select(r => $"rule {r.Chain}")).ToList();
        foreach (var set in nft.ListSets(table))
        {
            foreach (var e in nft.ListElements(table, set.Name))
                lines.Add($"{set.Name} {Show(set.Name, e)}");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static string Show(string set, NftElement e) => set switch
    {
        "endpoints" or "nodeport-endpoints" => $"{e.Key.ToString()[..^8]} {e.Value}",
        "affinity-ids" or "nodeport-affinity-ids" => $"{e.Key} {e.Comment}",
        "affinity-endpoints" or "local-affinity-endpoints" => e.Key.ToString()[18..],
        _ => $"{e.Key} {e.KeyEnd} {e.Value} {e.Verdict} {e.IsIntervalEnd} {e.Comment}",
    };
}
