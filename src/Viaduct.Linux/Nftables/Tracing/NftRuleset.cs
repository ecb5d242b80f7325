namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>Everything in one table that decides about packets: what <see cref="NftTracer"/> follows.</summary>
public sealed class NftRuleset
{
    private readonly Dictionary<string, NftTracedChain> chains = [];
    private readonly Dictionary<string, NftTracedSet> sets = [];

    /// <summary>An empty table.</summary>
    public NftRuleset(NftTable table) => Table = table;

    /// <summary>Its family and name.</summary>
    public NftTable Table { get; }

    /// <summary>Its chains by name.</summary>
    public IReadOnlyDictionary<string, NftTracedChain> Chains => chains;

    /// <summary>Its sets and maps by name.</summary>
    public IReadOnlyDictionary<string, NftTracedSet> Sets => sets;

    /// <summary>Reads a table from the kernel. Made anew if it changes meanwhile.</summary>
    public static NftRuleset Read(NftClient nft, NftTable table)
    {
        while (true)
        {
            var generation = nft.GetGeneration();
            var ruleset = ReadOnce(nft, table);
            if (nft.GetGeneration() == generation)
                return ruleset;
        }
    }

    /// <summary>Adds a chain.</summary>
    public NftRuleset Add(NftChainSpec chain)
    {
        chains[chain.Name] = new NftTracedChain(chain.Name, chain.Hook);
        return this;
    }

    /// <summary>Adds a rule after the last one of a chain.</summary>
    public NftRuleset Add(string chain, NftRuleSpec rule)
    {
        chains[chain].Add(rule);
        return this;
    }

    /// <summary>Adds a set or map with its elements.</summary>
    public NftRuleset Add(NftSetSpec set, params IEnumerable<NftElement> elements)
    {
        var isConcatenatedInterval = set.IsInterval && set.KeyType.IsConcatenation;
        sets[set.Name] = new NftTracedSet(set.Name, set.KeyType.Length, set.DataType?.Length ?? 0, set.IsInterval, isConcatenatedInterval ? set.KeyType.FieldLengths() : [], set.Size, elements);
        return this;
    }

    private static NftRuleset ReadOnce(NftClient nft, NftTable table)
    {
        var ruleset = new NftRuleset(table);
        foreach (var chain in nft.ListChains(table))
            ruleset.Add(new NftChainSpec { Name = chain.Name, Hook = chain.Hook });
        foreach (var rule in nft.ListRules(table))
            ruleset.Add(rule.Chain, new NftRuleSpec(rule.Expressions) { Comment = rule.Comment });
        foreach (var set in nft.ListSets(table))
        {
            var fields = set.IsInterval ? NftType.FieldLengths(set.KeyTypeId) : [];
            ruleset.sets[set.Name] = new NftTracedSet(set.Name, set.KeyLength, set.DataLength, set.IsInterval, fields.Count > 1 ? fields : [], set.Size, nft.ListElements(table, set.Name));
        }

        return ruleset;
    }
}

/// <summary>A chain with its rules.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hook">Where it hangs; null for a regular chain.</param>
public sealed record NftTracedChain(string Name, NftHookSpec? Hook)
{
    private readonly List<NftRuleSpec> rules = [];

    /// <summary>Its rules in order.</summary>
    public IReadOnlyList<NftRuleSpec> Rules => rules;

    internal void Add(NftRuleSpec rule) => rules.Add(rule);
}
