using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Turns what the planner finds into batches and commits each as soon as it is large enough. A plan of usual size is one batch.</summary>
/// <remarks>
/// New chains have a transaction of their own before the batch whose elements lead to them. A packet takes rules from the generation that it began with, but
/// elements from the current one (nft_do_chain, nft_set_do_lookup): with both in one transaction it may come to a chain that has no rules for it yet, and
/// leave untranslated. In a table that is itself new no packet finds an element before its rules.
/// </remarks>
/// <param name="layout">The table.</param>
/// <param name="sizeLimit">Bytes after which a batch ends at the next part.</param>
/// <param name="commit">Takes the transactions.</param>
/// <param name="committed">Called when a batch, and what had to be there before it, is in the kernel.</param>
internal sealed class TableWriter(TableLayout layout, int sizeLimit, Action<NftBatch> commit, Action committed) : ITableEdit
{
    private static readonly int SetCount = Enum.GetValues<TableSet>().Length;

    private readonly NftElementWriter?[] removals = new NftElementWriter?[SetCount];
    private readonly NftElementWriter?[] additions = new NftElementWriter?[SetCount];
    private readonly NftElementWriter?[] unused = new NftElementWriter?[SetCount];
    private readonly List<FanOut> unusedChains = [];
    private NftBatch? batch, newChains;
    private bool makesTable;

    /// <summary>Elements added and removed so far.</summary>
    public int Elements { get; private set; }

    /// <summary>Transactions committed so far.</summary>
    public int Transactions { get; private set; }

    /// <summary>The batch that is being filled, for repairs of the layout before any element.</summary>
    public NftBatch Batch => batch ??= Begin();

    /// <summary>Makes the table anew, with the first batch.</summary>
    public void MakeTable()
    {
        LayoutComparison.Make(Batch, layout);
        makesTable = true;
    }

    public void AddChain(FanOut chain)
    {
        var target = makesTable ? Batch : newChains ??= new NftBatch();
        target.AddChain(layout.Table, new NftChainSpec { Name = chain.ChainName });
        foreach (var rule in layout.RulesOf(chain))
            target.AddRule(layout.Table, chain.ChainName, rule);
        if (!makesTable)
            return;
        // A writer's elements come where it was begun, and in one batch verdicts must come after the chains that they lead to.
        foreach (var map in (ReadOnlySpan<TableSet>)[TableSet.Service, TableSet.NodePort, TableSet.OffNodeService, TableSet.OffNodeNodePort])
            additions[(int)map] = null;
    }

    public void Add(TableSet set, in NftElementView element)
    {
        Elements++;
        (additions[(int)set] ??= Batch.Elements(layout.Table, TableSets.Name(set))).Write(element);
    }

    public void Remove(TableSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd = default)
    {
        Elements++;
        _ = Batch;
        removals[(int)set]!.Write(new NftElementView(key) { KeyEnd = keyEnd });
    }

    public void RemoveUnused(TableSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd = default)
    {
        Elements++;
        (unused[(int)set] ??= Batch.Elements(layout.Table, TableSets.Name(set), isDelete: true)).Write(new NftElementView(key) { KeyEnd = keyEnd });
    }

    public void Flush(TableSet set)
    {
        Batch.FlushSet(layout.Table, TableSets.Name(set));
        additions[(int)set] = null;
    }

    public void RemoveUnused(FanOut chain) => unusedChains.Add(chain);

    public void EndPart()
    {
        if (batch?.SizeHint > sizeLimit || newChains?.SizeHint > sizeLimit)
            Commit();
    }

    /// <summary>Commits what is left.</summary>
    public void Commit()
    {
        foreach (var chain in unusedChains)
            Batch.FlushChain(layout.Table, chain.ChainName).DeleteChain(layout.Table, chain.ChainName);
        unusedChains.Clear();
        NftBatch?[] transactions = [newChains, batch];
        (newChains, batch, makesTable) = (null, null, false);
        Array.Clear(removals);
        Array.Clear(additions);
        Array.Clear(unused);
        foreach (var transaction in transactions)
        {
            if (transaction is null || transaction.IsEmpty)
                continue;
            commit(transaction);
            Transactions++;
        }

        committed();
    }

    // The writers of removals are begun first: an element whose value changes is removed and added again, in this order.
    private NftBatch Begin()
    {
        var begun = new NftBatch();
        foreach (var set in layout.Sets.Keys)
            removals[(int)set] = begun.Elements(layout.Table, TableSets.Name(set), isDelete: true);
        return begun;
    }
}
