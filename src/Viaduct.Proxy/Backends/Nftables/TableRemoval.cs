using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Removes a table while packets pass, of which none may be refused on the way out.</summary>
internal static class TableRemoval
{
    /// <summary>Removes the table from the calling thread's network namespace if it is there.</summary>
    public static void Remove(NftTable table)
    {
        if (!TryRemoveHooks(table))
            return;
        using var nft = new NftClient();
        nft.Commit(new NftBatch().DestroyTable(table));
    }

    /// <summary>
    /// A packet goes on by the rules that it began with, but looks elements up among those of the moment (nft_lookup_eval in net/netfilter/nft_lookup.c): if rules
    /// and elements went at once, it would miss its verdict and come to the refusal behind. So what leads packets in goes first. Closing the socket then waits
    /// until no packet is inside any more (nft_rcv_nl_event in net/netfilter/nf_tables_api.c flushes the work that waits for a grace period).
    /// </summary>
    private static bool TryRemoveHooks(NftTable table)
    {
        using var nft = new NftClient();
        if (nft.FindTable(table) is null)
            return false;
        var batch = new NftBatch();
        foreach (var chain in nft.ListChains(table).Where(c => c.Hook is not null))
            batch.FlushChain(table, chain.Name).DeleteChain(table, chain.Name);
        nft.Commit(batch);
        return true;
    }
}
