using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>The rules of fan-out chains: a random slot, or with session affinity the endpoint that the client had before.</summary>
/// <remarks>
/// nft(8) 1.0.6 aborts when it lists a key or value of which a part came from a map. It looks only at what was loaded into the register where a part
/// begins, though. So header bytes are loaded over all of a key's or value's rest, and lookups write over them from another register on: nft then
/// prints the header bytes. Where a lookup writes from a part's own register, the protocol is loaded once more.
/// Registers, in words: the client from 0 and behind it protocol and number (the key of the affinity map); the frontend from 8.
/// </remarks>
internal sealed class FanOutRules(PacketFields fields)
{
    private const string AffinityNote = "; nft prints header bytes (@nh) in place of what maps gave";
    private static readonly NftRegister R = NftRegister.First;

    // Where lookups put protocol and number behind the client's address.
    private NftRegister Number => R.Plus(fields.AddressWords);

    private static NftRegister Frontend => R.Plus(8);

    // Protocol, number, address, port.
    private int EntryWords => fields.AddressWords + 3;

    public IEnumerable<NftRuleSpec> Of(FanOut fanOut)
    {
        if (fanOut.AffinitySeconds > 0)
        {
            yield return Stay(fanOut);
            yield return Forget(fanOut);
            yield return Choose(fanOut);
        }

        yield return Spread(fanOut);

        // A packet that read the verdict before a transaction and the slot after it may miss its slot; the first one is there as long as any endpoint is.
        if (fanOut.Count > 1)
            yield return Spread(fanOut with { Count = 1 }) with { Comment = "the number of endpoints just fell" };

        // It must not leave untranslated: conntrack would remember that. Dropped, its sender tries again.
        yield return new NftRuleSpec(new ImmediateExpression(NftVerdict.Drop));
    }

    private NftRuleSpec Spread(FanOut fanOut) => new(
    [
        .. Load(fanOut, R),
        Pick(fanOut, R.Plus(FrontendWords(fanOut))),
        new LookupExpression(Endpoints(fanOut), R) { Destination = R },
        Translate(R),
    ]);

    private NftRuleSpec Stay(FanOut fanOut)
    {
        var entry = R.Plus(8);
        return new NftRuleSpec(
        [
            .. LoadClient(fanOut),
            fields.HeaderBytes(entry.Plus(1), EntryWords - 1),
            fields.HeaderBytes(entry.Plus(2), fields.AddressWords),
            fields.HeaderBytes(entry.Plus(2 + fields.AddressWords), 1),
            new LookupExpression(TableSets.Name(TableSet.Affinity), R) { Destination = entry },
            LoadProtocol(entry),
            new LookupExpression(TableSets.Name(fanOut.IsLocal ? TableSet.LocalAffinityEndpoints : TableSet.AffinityEndpoints), entry),
            new DynsetExpression(NftDynsetOperation.Update, TableSets.Name(TableSet.Affinity), R) { Value = entry, Timeout = Timeout(fanOut) },
            Translate(entry.Plus(2)),
        ])
        {
            Comment = "the endpoint that this client had, if it still serves" + AffinityNote,
        };
    }

    // An update does not change the value of an entry that is there, so one that leads to an endpoint that left must go first.
    private NftRuleSpec Forget(FanOut fanOut)
    {
        // The kernel wants a value to delete by key, too, and does not look at it.
        var unused = R.Plus(8);
        return new NftRuleSpec(
        [
            .. LoadClient(fanOut),
            LoadProtocol(unused),
            fields.HeaderBytes(unused.Plus(1), EntryWords - 1),
            new DynsetExpression(NftDynsetOperation.Delete, TableSets.Name(TableSet.Affinity), R) { Value = unused },
        ])
        {
            Comment = "its endpoint left" + AffinityNote,
        };
    }

    // Ends at the add when the map is full: then the next rule spreads without affinity.
    private NftRuleSpec Choose(FanOut fanOut)
    {
        var entry = Number.Plus(2);
        return new NftRuleSpec(
        [
            fields.HeaderBytes(entry.Plus(1), EntryWords - 1),
            .. LoadClient(fanOut),
            Pick(fanOut, Frontend.Plus(FrontendWords(fanOut))),
            new LookupExpression(Ids(fanOut), Frontend) { Destination = entry },
            LoadProtocol(entry),
            new LookupExpression(Endpoints(fanOut), Frontend) { Destination = entry.Plus(2) },
            new DynsetExpression(NftDynsetOperation.Add, TableSets.Name(TableSet.Affinity), R) { Value = entry, Timeout = Timeout(fanOut) },
            Translate(entry.Plus(2)),
        ])
        {
            Comment = "a random endpoint, remembered" + AffinityNote,
        };
    }

    private NftExpression[] LoadClient(FanOut fanOut) =>
        [fields.HeaderBytes(R, fields.AddressWords + 2), .. Load(fanOut, Frontend), new LookupExpression(Ids(fanOut), Frontend) { Destination = Number }];

    private static MetaExpression LoadProtocol(NftRegister to) => new(NftMetaKey.L4Protocol, to);

    private NftExpression[] Load(FanOut fanOut, NftRegister to) => fanOut.ForNodePorts ? PacketFields.ProtocolPort(to) : fields.Frontend(to);

    private int FrontendWords(FanOut fanOut) => fanOut.ForNodePorts ? 2 : fields.FrontendWords;

    private static NumgenExpression Pick(FanOut fanOut, NftRegister to) => new((uint)fanOut.Count, to, Offset: fanOut.IsLocal ? TableKeys.FirstLocalSlot : 0u);

    private NatExpression Translate(NftRegister target) => new(NftNatKind.Destination, fields.Family, target, target.Plus(fields.AddressWords));

    private static TimeSpan Timeout(FanOut fanOut) => TimeSpan.FromSeconds(fanOut.AffinitySeconds);

    private static string Endpoints(FanOut fanOut) => TableSets.Name(fanOut.ForNodePorts ? TableSet.NodePortEndpoints : TableSet.Endpoints);

    private static string Ids(FanOut fanOut) => TableSets.Name(fanOut.ForNodePorts ? TableSet.NodePortAffinityIds : TableSet.AffinityIds);
}
