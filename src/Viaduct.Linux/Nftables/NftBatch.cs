namespace Viaduct.Linux.Nftables;

/// <summary>
/// Changes that the kernel makes all at once or not at all: no packet sees half of them. A value: nothing happens before
/// <see cref="NftClient.Commit"/>. The verbs are nft's; <c>Add</c> of what is there already is no error.
/// </summary>
public sealed class NftBatch
{
    // An item is an NftCommand, or an NftElementWriter: one command for each 60,000 bytes of elements.
    private readonly List<object> items = [];

    /// <summary>How many messages the batch has.</summary>
    public int Count => items.Sum(i => i is NftElementWriter writer ? writer.Commands.Count : 1);

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => items.TrueForAll(i => i is NftElementWriter { Count: 0 });

    /// <summary>An upper bound of the batch's bytes. As an ordinary user the kernel takes about 400,000 in one batch (net.core.wmem_max).</summary>
    public int SizeHint { get; private set; }

    internal IEnumerable<NftCommand> Commands => items.SelectMany(i => i is NftElementWriter writer ? writer.Commands : (IEnumerable<NftCommand>)[(NftCommand)i]);

    /// <summary>Makes a table. Like <c>nft add table</c>.</summary>
    public NftBatch AddTable(NftTable table, string? comment = null) => Add(new AddTableCommand(table, comment));

    /// <summary>Deletes a table with everything in it; a missing one is an error. Like <c>nft delete table</c>.</summary>
    public NftBatch DeleteTable(NftTable table) => Add(new DeleteTableCommand(table));

    /// <summary>Deletes a table if it is there. Like <c>nft destroy table</c>, on kernels older than that command, too.</summary>
    public NftBatch DestroyTable(NftTable table) => AddTable(table).DeleteTable(table);

    /// <summary>Makes a chain. Like <c>nft add chain</c>.</summary>
    public NftBatch AddChain(NftTable table, NftChainSpec spec) => Add(new AddChainCommand(table, spec));

    /// <summary>Deletes a chain, which no rule or map may lead to any more. Like <c>nft delete chain</c>.</summary>
    public NftBatch DeleteChain(NftTable table, string chain) => Add(new DeleteChainCommand(table, chain));

    /// <summary>Deletes all rules of a chain. Like <c>nft flush chain</c>.</summary>
    public NftBatch FlushChain(NftTable table, string chain) => Add(new DeleteRuleCommand(table, chain, null));

    /// <summary>Makes a rule after the last one of a chain. Like <c>nft add rule</c>.</summary>
    public NftBatch AddRule(NftTable table, string chain, NftRuleSpec spec)
    {
        if (spec.Expressions.IsDefaultOrEmpty)
            throw new ArgumentException($"A rule for chain {chain} of table {table} has no expressions.", nameof(spec));
        return Add(new AddRuleCommand(table, chain, spec));
    }

    /// <summary>Deletes a rule by the handle that <see cref="NftClient.ListRules"/> tells. Like <c>nft delete rule ... handle</c>.</summary>
    public NftBatch DeleteRule(NftTable table, string chain, ulong handle) => Add(new DeleteRuleCommand(table, chain, handle));

    /// <summary>Makes a set, or a map when the spec has a type of values. Like <c>nft add set</c> and <c>nft add map</c>.</summary>
    public NftBatch AddSet(NftTable table, NftSetSpec spec)
    {
        if (spec.KeyType.Length is 0 or > 64)
            throw new ArgumentException($"Keys of set {spec.Name} of table {table} have {spec.KeyType.Length} bytes; the kernel takes 1 to 64.", nameof(spec));
        return Add(new AddSetCommand(table, spec));
    }

    /// <summary>Deletes a set or map, which no rule may use any more. Like <c>nft delete set</c>.</summary>
    public NftBatch DeleteSet(NftTable table, string set) => Add(new DeleteSetCommand(table, set));

    /// <summary>Deletes all elements of a set or map. Like <c>nft flush set</c>.</summary>
    public NftBatch FlushSet(NftTable table, string set) => Add(new FlushSetCommand(table, set));

    /// <summary>
    /// A writer for many elements of a set or map, to add or to delete. Their messages come at this place of the batch whenever they are written,
    /// until the batch is committed.
    /// </summary>
    public NftElementWriter Elements(NftTable table, string set, bool isDelete = false)
    {
        var writer = new NftElementWriter(this, table, set, isDelete);
        items.Add(writer);
        return writer;
    }

    /// <summary>Adds elements to a set or map; an element that is there with another value is an error. Like <c>nft add element</c>.</summary>
    public NftBatch AddElements(NftTable table, string set, IEnumerable<NftElement> elements) => WriteAll(Elements(table, set), elements);

    /// <summary>Deletes the elements with these keys; a missing one is an error. Like <c>nft delete element</c>.</summary>
    public NftBatch DeleteElements(NftTable table, string set, IEnumerable<NftElement> elements) => WriteAll(Elements(table, set, isDelete: true), elements);

    /// <summary>The batch for people, a line for each message.</summary>
    public override string ToString() => string.Join('\n', Commands.Select(c => c.Description));

    internal void CountBytes(int count) => SizeHint += count;

    private NftBatch WriteAll(NftElementWriter writer, IEnumerable<NftElement> elements)
    {
        foreach (var element in elements)
            writer.Write(element);
        return this;
    }

    private NftBatch Add(NftCommand command)
    {
        items.Add(command);
        SizeHint += command.SizeHint;
        return this;
    }
}
