using System.Threading.Channels;
using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Notices when somebody else changed the table, by what the kernel tells of each transaction.</summary>
internal sealed class ForeignEdits : IDisposable
{
    private readonly NftClient nft;
    private readonly NftMonitor? monitor;
    private readonly NftTable table;
    private readonly OwnCommits commits;
    private readonly Channel<bool> missed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile bool seen;

    /// <param name="nft">The rules.</param>
    /// <param name="monitor">Tells of transactions; null: nothing is noticed.</param>
    /// <param name="table">Whose edits count.</param>
    /// <param name="commits">Those of this process.</param>
    public ForeignEdits(NftClient nft, NftMonitor? monitor, NftTable table, OwnCommits commits)
    {
        (this.nft, this.monitor, this.table, this.commits) = (nft, monitor, table, commits);
        if (monitor is not null)
            commits.Join(this);
    }

    /// <summary>Whether there was one since <see cref="Acknowledge"/>.</summary>
    public bool Seen => seen;

    /// <summary>The table is about to be read.</summary>
    public void Acknowledge()
    {
        seen = false;
        missed.Reader.TryRead(out _);
    }

    /// <summary>Waits for the next one.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] waits = [HearAsync(stop.Token), missed.Reader.ReadAsync(stop.Token).AsTask()];
        var first = await Task.WhenAny(waits);
        await stop.CancelAsync();
        await Task.WhenAll(waits).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await first;
        seen = true;
    }

    /// <summary>Commits; batches that are too large to listen to unheard.</summary>
    public void Commit(NftBatch batch, bool isLarge)
    {
        if (isLarge && monitor is not null)
            commits.CommitUnheard(nft, batch);
        else
            commits.Commit(nft, batch);
    }

    /// <summary>Hears nothing until the result is disposed of.</summary>
    public IDisposable Pause() => monitor!.Pause();

    /// <summary>Somebody may have changed the table while nobody listened.</summary>
    public void Miss()
    {
        seen = true;
        missed.Writer.TryWrite(true);
    }

    public void Dispose()
    {
        commits.Leave(this);
        monitor?.Dispose();
    }

    private async Task HearAsync(CancellationToken cancellation)
    {
        if (monitor is null)
            await Task.Delay(Timeout.Infinite, cancellation);
        await foreach (var transaction in monitor!.ReadAsync(cancellation))
        {
            if (IsForeign(transaction))
                return;
        }
    }

    // Told of a loss, one only knows that something was: nothing, if the last that happened was ours.
    private bool IsForeign(NftTransaction transaction) => transaction.IsLost
        ? !commits.IsOurs(nft.GetGeneration())
        : transaction.PortId != nft.PortId && transaction.Tables.Contains(table);
}
