using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Reads the table back from the kernel.</summary>
internal sealed class TableReader(NftClient nft, TableLayout layout)
{
    /// <summary>
    /// The table's contents; null when there is no table, or one of another layout (another release made it, or somebody changed
    /// its rules): then it has to be written anew.
    /// </summary>
    public TableContents? Read()
    {
        if (nft.FindTable(TableLayout.Table) is null || !HasLayout(out var fanOuts))
            return null;
        var contents = new TableContents();
        contents.FanOuts.UnionWith(fanOuts);
        contents.ClusterIPs.UnionWith(Elements(TableLayout.ClusterIPSet).Select(e => TableElements.ReadAddress(e.Key.Span)));
        contents.Hairpins.UnionWith(Elements(TableLayout.HairpinSet).Select(e => TableElements.ReadAddress(e.Key.Span)));
        contents.NodePorts.UnionWith(Elements(TableLayout.NodePortSet).Select(e => TableElements.ReadFrontend(e.Key.Span, isNodePort: true)));
        ReadFrontends(contents, TableLayout.ServiceMap, TableLayout.EndpointMap, isNodePort: false);
        ReadFrontends(contents, TableLayout.NodePortMap, TableLayout.NodePortEndpointMap, isNodePort: true);
        return contents;
    }

    private IReadOnlyList<NftElement> Elements(string set) => nft.ListElements(TableLayout.Table, set);

    private void ReadFrontends(TableContents contents, string verdicts, string endpoints, bool isNodePort)
    {
        foreach (var element in Elements(verdicts))
        {
            // A verdict that none of ours can equal is replaced by the difference.
            var count = FanOut.Parse(element.Verdict?.Chain ?? "")?.Count ?? -1;
            contents.Verdicts[TableElements.ReadFrontend(element.Key.Span, isNodePort)] = new FrontendVerdict(count, element.Comment ?? "");
        }

        foreach (var element in Elements(endpoints))
        {
            var key = (TableElements.ReadFrontend(element.Key.Span, isNodePort), TableElements.ReadSlot(element.Key.Span, isNodePort));
            contents.Endpoints[key] = TableElements.ReadTarget((element.Value ?? default).Span);
        }
    }

    private bool HasLayout(out List<FanOut> fanOuts)
    {
        var chains = nft.ListChains(TableLayout.Table);
        fanOuts = [.. chains.Select(c => FanOut.Parse(c.Name)).OfType<FanOut>()];
        return HasSets() && HasChains(chains, fanOuts.Count) && HasRules(fanOuts);
    }

    private bool HasSets()
    {
        var sets = nft.ListSets(TableLayout.Table);
        return sets.Count == TableLayout.Sets.Count && TableLayout.Sets.All(spec => sets.Any(info => info.Matches(spec)));
    }

    private bool HasChains(IReadOnlyList<NftChainInfo> chains, int fanOuts) =>
        chains.Count == layout.Chains.Count + fanOuts
        && layout.Chains.All(spec => chains.Any(info => info.Name == spec.Name && info.Hook == spec.Hook));

    private bool HasRules(List<FanOut> fanOuts)
    {
        var expected = layout.Rules().Concat(fanOuts.SelectMany(f => TableLayout.FanOutRules(f).Select(rule => (Chain: f.ChainName, Rule: rule))))
            .ToLookup(r => r.Chain, r => r.Rule);
        var actual = nft.ListRules(TableLayout.Table).ToLookup(r => r.Chain);
        return actual.All(chain => expected.Contains(chain.Key))
            && expected.All(chain => chain.Count() == actual[chain.Key].Count()
                && chain.Zip(actual[chain.Key]).All(pair => pair.First.Expressions.SequenceEqual(pair.Second.Expressions)));
    }
}
