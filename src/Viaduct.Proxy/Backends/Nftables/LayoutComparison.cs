using Viaduct.Linux.Nftables;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Compares sets, chains and rules of the kernel's table with the layout.</summary>
internal sealed class LayoutComparison(NftClient nft, TableLayout layout)
{
    private readonly ILookup<string, NftRuleSpec> constantRules = layout.Rules().ToLookup(r => r.Chain, r => r.Rule);
    private readonly List<string> wrongChains = [];
    private readonly List<string> foreignChains = [];
    private readonly List<NftChainSpec> missingChains = [];
    private readonly List<FanOut> fanOuts = [];

    /// <summary>Whether a table is there at all.</summary>
    public bool Exists { get; private set; }

    /// <summary>The sets, or the hooks of chains, are others (another release made it, or other options): it must be made anew.</summary>
    public bool IsAnother { get; private set; }

    /// <summary>Chains of ours that are there.</summary>
    public IReadOnlyList<FanOut> FanOuts => fanOuts;

    public LayoutComparison Compare()
    {
        Exists = nft.FindTable(layout.Table) is not null;
        if (!Exists)
            return this;
        var chains = nft.ListChains(layout.Table);
        CompareSets();
        CompareChains(chains);
        if (!IsAnother)
            CompareRules();
        return this;
    }

    /// <summary>Puts back what was edited: rules of our chains and missing chains; chains that are not ours go.</summary>
    public void Repair(NftBatch batch)
    {
        if (wrongChains.Count + foreignChains.Count + missingChains.Count == 0)
            return;
        foreach (var chain in missingChains)
            batch.AddChain(layout.Table, chain);
        foreach (var chain in wrongChains.Concat(foreignChains))
            batch.FlushChain(layout.Table, chain);
        foreach (var chain in missingChains.Select(c => c.Name).Concat(wrongChains).ToHashSet())
        {
            foreach (var rule in RulesOf(chain))
                batch.AddRule(layout.Table, chain, rule);
        }

        foreach (var chain in foreignChains)
            batch.DeleteChain(layout.Table, chain);
    }

    /// <summary>Makes the table, in place of one that may be there.</summary>
    public static void Make(NftBatch batch, TableLayout layout)
    {
        batch.DestroyTable(layout.Table).AddTable(layout.Table, "Kubernetes Services, by viaduct");
        foreach (var set in layout.Sets.Values)
            batch.AddSet(layout.Table, set);
        foreach (var chain in layout.Chains)
            batch.AddChain(layout.Table, chain);
        foreach (var (chain, rule) in layout.Rules())
            batch.AddRule(layout.Table, chain, rule);
    }

    private void CompareSets()
    {
        var sets = nft.ListSets(layout.Table).ToDictionary(s => s.Name);
        IsAnother = sets.Count != layout.Sets.Count
            || layout.Sets.Values.Any(spec => !sets.TryGetValue(spec.Name, out var info) || !info.Matches(spec));
    }

    private void CompareChains(IReadOnlyList<NftChainInfo> chains)
    {
        var expected = layout.Chains.ToDictionary(c => c.Name);
        foreach (var chain in chains)
        {
            if (expected.Remove(chain.Name, out var spec))
                IsAnother |= chain.Hook != spec.Hook;
            else if (chain.Hook is null && FanOut.Parse(chain.Name) is { } fanOut)
                fanOuts.Add(fanOut);
            else
                foreignChains.Add(chain.Name);
        }

        missingChains.AddRange(expected.Values);
    }

    private void CompareRules()
    {
        var actual = nft.ListRules(layout.Table).ToLookup(r => r.Chain);
        foreach (var chain in layout.Chains.Select(c => c.Name).Except(missingChains.Select(c => c.Name)).Concat(fanOuts.Select(f => f.ChainName)))
        {
            var expected = RulesOf(chain).ToList();
            if (expected.Count != actual[chain].Count() || !expected.Zip(actual[chain]).All(pair => pair.First.Expressions.SequenceEqual(pair.Second.Expressions)))
                wrongChains.Add(chain);
        }
    }

    private IEnumerable<NftRuleSpec> RulesOf(string chain) =>
        FanOut.Parse(chain) is { } fanOut ? layout.RulesOf(fanOut) : constantRules[chain];
}
