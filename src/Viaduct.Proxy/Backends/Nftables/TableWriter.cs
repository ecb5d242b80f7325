using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Turns a plan into batches. A plan of usual size is one batch: all of it takes effect at once.</summary>
internal sealed class TableWriter(TableLayout layout, int batchSizeLimit)
{
    private readonly List<NftBatch> batches = [];
    private readonly Dictionary<string, List<NftElement>> removed = [];
    private readonly Dictionary<string, List<NftElement>> added = [];
    private NftBatch batch = new();
    private int size;

    /// <summary>
    /// The batches to commit one after the other. A large plan is cut between frontends, never within one, in an order in
    /// which each part stands for itself: what others refer to first, refusing what has no endpoints last.
    /// </summary>
    /// <param name="plan">What changes.</param>
    /// <param name="anew">Whether the table is made anew, in the first batch, replacing one of another layout.</param>
    public IReadOnlyList<NftBatch> Write(TablePlan plan, bool anew)
    {
        if (anew)
            AddTable();
        foreach (var fanOut in plan.AddedFanOuts)
            AddFanOut(fanOut);
        AddAll(TableLayout.HairpinSet, plan.AddedHairpins.Select(TableElements.Hairpin));
        foreach (var frontend in plan.Frontends)
            Write(frontend);
        AddAll(TableLayout.ClusterIPSet, plan.AddedClusterIPs.Select(TableElements.Address));
        AddAll(TableLayout.NodePortSet, plan.AddedNodePorts.Select(TableElements.NodePort));
        RemoveAll(TableLayout.ClusterIPSet, plan.RemovedClusterIPs.Select(TableElements.Address));
        RemoveAll(TableLayout.NodePortSet, plan.RemovedNodePorts.Select(TableElements.NodePort));
        RemoveAll(TableLayout.HairpinSet, plan.RemovedHairpins.Select(TableElements.Hairpin));
        EndElements();
        foreach (var fanOut in plan.RemovedFanOuts)
            batch.FlushChain(TableLayout.Table, fanOut.ChainName).DeleteChain(TableLayout.Table, fanOut.ChainName);
        EndBatch();
        return batches;
    }

    private void AddTable()
    {
        batch.DestroyTable(TableLayout.Table).AddTable(TableLayout.Table, "Kubernetes Services, by viaduct");
        foreach (var set in TableLayout.Sets)
            batch.AddSet(TableLayout.Table, set);
        foreach (var chain in layout.Chains)
            batch.AddChain(TableLayout.Table, chain);
        foreach (var (chain, rule) in layout.Rules())
            batch.AddRule(TableLayout.Table, chain, rule);
    }

    private void AddFanOut(FanOut fanOut)
    {
        batch.AddChain(TableLayout.Table, new NftChainSpec { Name = fanOut.ChainName });
        foreach (var rule in TableLayout.FanOutRules(fanOut))
            batch.AddRule(TableLayout.Table, fanOut.ChainName, rule);
    }

    private void Write(FrontendPlan change)
    {
        var frontend = change.Frontend;
        var (verdicts, endpoints) = frontend.IsNodePort
            ? (TableLayout.NodePortMap, TableLayout.NodePortEndpointMap)
            : (TableLayout.ServiceMap, TableLayout.EndpointMap);
        if (change.RemovedVerdict is { } oldVerdict)
            Put(removed, verdicts, TableElements.Verdict(frontend, oldVerdict));
        foreach (var (slot, target) in change.RemovedSlots)
            Put(removed, endpoints, TableElements.Endpoint(frontend, slot, target));
        foreach (var (slot, target) in change.AddedSlots)
            Put(added, endpoints, TableElements.Endpoint(frontend, slot, target));
        if (change.AddedVerdict is { } verdict)
            Put(added, verdicts, TableElements.Verdict(frontend, verdict));
        EndBatchIfFull();
    }

    private void AddAll(string set, IEnumerable<NftElement> elements) => PutAll(added, set, elements);

    private void RemoveAll(string set, IEnumerable<NftElement> elements) => PutAll(removed, set, elements);

    private void PutAll(Dictionary<string, List<NftElement>> where, string set, IEnumerable<NftElement> elements)
    {
        foreach (var element in elements)
        {
            Put(where, set, element);
            EndBatchIfFull();
        }
    }

    private void Put(Dictionary<string, List<NftElement>> where, string set, NftElement element)
    {
        if (!where.TryGetValue(set, out var elements))
            where[set] = elements = [];
        elements.Add(element);
        size += element.SizeHint;
    }

    private void EndBatchIfFull()
    {
        if (batch.SizeHint + size <= batchSizeLimit)
            return;
        EndElements();
        EndBatch();
    }

    // An element whose value changes is removed and added again within the transaction, in this order.
    private void EndElements()
    {
        foreach (var (set, elements) in removed)
            batch.DeleteElements(TableLayout.Table, set, elements);
        foreach (var (set, elements) in added)
            batch.AddElements(TableLayout.Table, set, elements);
        removed.Clear();
        added.Clear();
        size = 0;
    }

    private void EndBatch()
    {
        if (!batch.IsEmpty)
            batches.Add(batch);
        batch = new NftBatch();
    }
}
