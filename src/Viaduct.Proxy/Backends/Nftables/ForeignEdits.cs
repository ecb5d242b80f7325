using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Notices when somebody else changed the table, by what the kernel tells of each transaction.</summary>
internal sealed class ForeignEdits(NftClient nft, NftMonitor? monitor, NftTable table)
{
    private volatile bool seen;
    // What is known to be ours: the generation after a large write of ours that nothing came between.
    private long quietGeneration = -1;

    /// <summary>Whether there was one since <see cref="Acknowledge"/>.</summary>
    public bool Seen => seen;

    /// <summary>The table is about to be read.</summary>
    public void Acknowledge() => seen = false;

    /// <summary>Waits for the next one.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        if (monitor is null)
            await Task.Delay(Timeout.Infinite, cancellation);
        await foreach (var transaction in monitor!.ReadAsync(cancellation))
        {
            if (!IsForeign(transaction))
                continue;
            seen = true;
            return;
        }
    }

    /// <summary>Commits batches that are too large to listen to: the kernel would take a page for every element.</summary>
    public void Commit(NftBatch batch)
    {
        if (monitor is null)
        {
            nft.Commit(batch);
            return;
        }

        var before = nft.GetGeneration();
        using (monitor.Pause())
            nft.Commit(batch);
        var after = nft.GetGeneration();
        if (after == before + 1)
            Interlocked.Exchange(ref quietGeneration, after);
        else
            seen = true;
    }

    // Told of a loss, one only knows that something was: nothing, if the last that happened was ours.
    private bool IsForeign(NftTransaction transaction) => transaction.IsLost
        ? nft.GetGeneration() != Interlocked.Read(ref quietGeneration)
        : transaction.PortId != nft.PortId && transaction.Tables.Contains(table);
}
