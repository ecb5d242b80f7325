using System.Collections.Immutable;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// The constant part of the table: sets, maps, chains and rules. Services are elements of the maps; their number changes
/// nothing here but the fan-out chains, one for each number of endpoints that occurs.
/// </summary>
/// <remarks>
/// A first packet's way: prerouting or output -> services -> (verdict map) -> fan-out-N -> DNAT. What is still addressed to a
/// Service after that has no endpoints or no such port, and is refused at priority dstnat + 10. In
/// postrouting the source is translated where answers would miss this node otherwise.
/// </remarks>
internal sealed class TableLayout
{
    private readonly Dictionary<TableSet, NftSetSpec> sets;
    private readonly ConstantRules rules;
    private readonly FanOutRules fanOutRules;

    public TableLayout(BackendOptions options)
        : this(options, TableOf(options.Family), proxy: null)
    {
    }

    private TableLayout(BackendOptions options, NftTable table, PackedAddress? proxy)
    {
        Options = options;
        Fields = new PacketFields(options.Family);
        Table = table;
        sets = TableSets.Of(Fields, options);
        rules = new ConstantRules(Fields, options, proxy);
        fanOutRules = new FanOutRules(Fields);
        NodePortAddresses = AddressRange.Of(options.NodePortNetworks, options.Family);
    }

    public static NftTable TableOf(IPFamily family) => new(family == IPFamily.IPv4 ? NftFamily.IPv4 : NftFamily.IPv6, "viaduct");

    /// <summary>A table of another name whose endpoints are ports of a proxy on <paramref name="proxy"/>, an address of this node.</summary>
    public static TableLayout ToProxy(BackendOptions options, string name, PackedAddress proxy) => new(options, TableOf(options.Family) with { Name = name }, proxy);

    public BackendOptions Options { get; }

    public PacketFields Fields { get; }

    public NftTable Table { get; }

    /// <summary>The elements of <see cref="TableSet.NodePortAddresses"/>, which depend on the options only.</summary>
    public ImmutableArray<AddressRange> NodePortAddresses { get; }

    /// <summary>The sets and maps; which ones there are depends on the options.</summary>
    public IReadOnlyDictionary<TableSet, NftSetSpec> Sets => sets;

    public IReadOnlyList<NftChainSpec> Chains => rules.Chains;

    /// <summary>All rules but those of the fan-out chains.</summary>
    public IEnumerable<(string Chain, NftRuleSpec Rule)> Rules() => rules.All();

    public IEnumerable<NftRuleSpec> RulesOf(FanOut fanOut) => fanOutRules.Of(fanOut);
}
