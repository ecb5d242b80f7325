using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Turns what the planner finds into batches and commits each as soon as it is large enough. A plan of usual size is one batch.</summary>
/// <param name="layout">The table.</param>
/// <param name="sizeLimit">Bytes after which a batch ends at the next part.</param>
/// <param name="commit">Takes the batches.</param>
internal sealed class TableWriter(TableLayout layout, int sizeLimit, Action<NftBatch> commit) : ITableEdit
{
    private static readonly int SetCount = Enum.GetValues<TableSet>().Length;

    private readonly NftElementWriter?[] removals = new NftElementWriter?[SetCount];
    private readonly NftElementWriter?[] additions = new NftElementWriter?[SetCount];
    private readonly NftElementWriter?[] unused = new NftElementWriter?[SetCount];
    private readonly List<FanOut> unusedChains = [];
    private NftBatch? batch;

    /// <summary>Elements added and removed so far.</summary>
    public int Elements { get; private set; }

    /// <summary>Batches committed so far.</summary>
    public int Transactions { get; private set; }

    /// <summary>The batch that is being filled, for changes of the layout before any element.</summary>
    public NftBatch Batch => batch ??= Begin();

    public void AddChain(FanOut chain)
    {
        Batch.AddChain(layout.Table, new NftChainSpec { Name = chain.ChainName });
        foreach (var rule in layout.RulesOf(chain))
            Batch.AddRule(layout.Table, chain.ChainName, rule);
        // A writer's elements come where it was begun, and verdicts must come after the chains that they lead to.
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
        if (batch is not null && batch.SizeHint > sizeLimit)
            Commit();
    }

    /// <summary>Commits what is left.</summary>
    public void Commit()
    {
        foreach (var chain in unusedChains)
            Batch.FlushChain(layout.Table, chain.ChainName).DeleteChain(layout.Table, chain.ChainName);
        unusedChains.Clear();
        var full = batch;
        batch = null;
        Array.Clear(removals);
        Array.Clear(additions);
        Array.Clear(unused);
        if (full is null || full.IsEmpty)
            return;
        commit(full);
        Transactions++;
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
