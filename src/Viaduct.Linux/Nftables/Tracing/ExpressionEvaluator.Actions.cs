using System.Net;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Linux.Nftables.Tracing;

/// <content>Expressions that use sets, change something or decide.</content>
internal sealed partial class ExpressionEvaluator
{
    private readonly List<NftSetChange> changes = [];

    public IReadOnlyList<NftSetChange> Changes => changes;

    private NftVerdict LookUp(LookupExpression lookup)
    {
        var set = ruleset.Sets[lookup.Set];
        var key = new NftData(registers.Read(lookup.Register, set.KeyLength));
        var element = Find(set, key);
        if (element is null == !lookup.IsInverted)
            return Break;
        if (element is null || lookup.Destination is not { } destination)
            return Continue;
        notes.Add($"@{set.Name}{(element.Comment is null ? "" : $" ({element.Comment})")}");
        return element.Verdict ?? Store(destination, (element.Value ?? default).Span);
    }

    // With what this packet itself did to dynamic sets.
    private NftElement? Find(NftTracedSet set, NftData key) =>
        changes.FindLast(c => c.Set == set.Name && c.Element.Key == key) is { } change ? (change.IsDelete ? null : change.Element) : set.Find(key);

    // An element that is there keeps its value, whatever the operation (nft_dynset_eval).
    private NftVerdict Change(DynsetExpression dynset)
    {
        var set = ruleset.Sets[dynset.Set];
        var key = new NftData(registers.Read(dynset.Key, set.KeyLength));
        var existing = Find(set, key);
        if (dynset.Operation == NftDynsetOperation.Delete)
        {
            if (existing is null)
                return Break;
            Note(new NftSetChange(set.Name, existing, IsDelete: true), "delete");
            return Continue;
        }

        if (existing is null && set.Count >= set.Size)
            return Break;
        var element = existing ?? new NftElement(key) { Value = dynset.Value is { } value ? new NftData(registers.Read(value, set.ValueLength)) : null };
        Note(new NftSetChange(set.Name, element with { Timeout = dynset.Timeout ?? element.Timeout }, IsDelete: false), existing is null ? "add" : "update");
        return Continue;
    }

    private void Note(NftSetChange change, string verb)
    {
        changes.Add(change);
        notes.Add($"{verb} @{change.Set}");
    }

    private NftVerdict Translate(NatExpression nat)
    {
        if (nat.Kind != NftNatKind.Destination)
            throw new NotSupportedException($"A rule of table {ruleset.Table} translates sources to a given address, which the tracer cannot do.");
        var address = new IPAddress(registers.Read(nat.Address, nat.Family == NftFamily.IPv4 ? 4 : 16));
        var port = nat.Port is { } register ? System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(registers.Read(register, 2)) : packet.DestinationPort;
        // Translation to what it was anyway leaves no mark (nf_nat_setup_info).
        packet.HasDestinationNat = !address.Equals(packet.Destination) || port != packet.DestinationPort;
        (packet.Destination, packet.DestinationPort, packet.IsDestinationDecided) = (address, port, true);
        notes.Add($"dnat to {new IPEndPoint(address, port)}");
        return NftVerdict.Accept;
    }

    private NftVerdict Masquerade()
    {
        packet.HasSourceNat = true;
        notes.Add("masquerade");
        return NftVerdict.Accept;
    }

    private NftVerdict Reject()
    {
        isRejected = true;
        notes.Add("reject");
        return NftVerdict.Drop;
    }
}
