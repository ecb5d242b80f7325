using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// The commits of one process to the rules of one network namespace, for all families together: none of them listens to a large one, for then the
/// kernel would take a page for every element; and because one commits at a time, the generation tells whether somebody else came between.
/// </summary>
public sealed class OwnCommits
{
    private readonly Lock gate = new();
    private readonly List<ForeignEdits> members = [];
    // What is known to be ours: the generation after a large commit that nothing came between.
    private long quietGeneration = -1;

    internal void Join(ForeignEdits member)
    {
        lock (gate)
            members.Add(member);
    }

    internal void Leave(ForeignEdits member)
    {
        lock (gate)
            members.Remove(member);
    }

    /// <summary>Whether this generation came of a large commit of ours, so that whatever was not heard before it was ours, too.</summary>
    internal bool IsOurs(uint generation) => Interlocked.Read(ref quietGeneration) == generation;

    internal void Commit(NftClient nft, NftBatch batch)
    {
        lock (gate)
            nft.Commit(batch);
    }

    internal void CommitUnheard(NftClient nft, NftBatch batch)
    {
        lock (gate)
        {
            var expected = nft.GetGeneration();
            var pauses = members.ConvertAll(m => m.Pause());
            try
            {
                nft.Commit(batch);
                expected++;
            }
            finally
            {
                pauses.ForEach(p => p.Dispose());
                Compare(nft, expected);
            }
        }
    }

    // The kernel counts by one for each transaction (nf_tables_commit).
    private void Compare(NftClient nft, uint expected)
    {
        if (Generation(nft) == expected)
            Interlocked.Exchange(ref quietGeneration, expected);
        else
            members.ForEach(m => m.Miss());
    }

    private static uint? Generation(NftClient nft)
    {
        try
        {
            return nft.GetGeneration();
        }
        catch (NetlinkException)
        {
            return null;
        }
    }
}
