using System.Collections.Immutable;
using System.Text;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Finds the elements that one frontend needs or needs no more.</summary>
internal sealed class FrontendPlanner(InstalledTable table, ITableEdit edit, IFrontendObserver? observer = null)
{
    // A frontend that nobody is led to yet may come in parts; as many slots are always small enough for one.
    private const int SlotsOfPart = 500;

    private readonly Dictionary<FanOut, byte[]> chainNames = [];

    /// <summary>Leads the frontend to what it should be.</summary>
    public void Plan(Frontend frontend, in FrontendSpec desired)
    {
        if (!table.Frontends.TryGetValue(frontend, out var before))
        {
            if (desired.Membership == 0)
                return;
            before = new InstalledFrontend { IsCounted = true };
        }

        var after = new InstalledFrontend
        {
            Owner = desired.Owner,
            Verdict = desired.Verdict,
            OffNodeVerdict = desired.OffNodeVerdict,
            Membership = desired.Membership,
            SourceRanges = desired.SourceRanges,
            IsCounted = true,
        };
        PlanSourceRanges(frontend, before.SourceRanges, desired.SourceRanges);
        PlanMembership(frontend, before, desired.Membership, Membership.Firewalled);
        after.Slots = PlanSlots(frontend, before, before.Slots, desired.Endpoints, 0);
        after.LocalSlots = PlanSlots(frontend, before, before.LocalSlots, desired.LocalEndpoints, TableKeys.FirstLocalSlot);
        after.AffinityId = PlanAffinity(frontend, before, after, desired);
        PlanVerdict(frontend, TableSets.Verdicts(frontend), before, before.Verdict, desired.Verdict, desired.Owner);
        PlanVerdict(frontend, TableSets.OffNodeVerdicts(frontend), before, before.OffNodeVerdict, desired.OffNodeVerdict, desired.Owner);
        // Only now: a member without a verdict is refused.
        PlanMembership(frontend, before, desired.Membership, ~Membership.Firewalled);
        PlanClusterIP(frontend, before.IsCounted && (before.Membership & Membership.ClusterIP) != 0, (desired.Membership & Membership.ClusterIP) != 0);
        Install(frontend, after);
        observer?.Planned();
        edit.EndPart();
    }

    /// <summary>Leaves what the frontend has of this owner, the last state that the kernel took.</summary>
    public void Keep(Frontend frontend, ServicePortName owner)
    {
        if (!table.Frontends.TryGetValue(frontend, out var kept))
            return;
        if (kept.Owner != owner)
        {
            Plan(frontend, FrontendSpec.Nothing);
            return;
        }

        if (!kept.IsCounted)
            Count(frontend, kept);
    }

    private void Count(Frontend frontend, InstalledFrontend kept)
    {
        kept.IsCounted = true;
        if (kept.Membership == 0 && table.ClusterIPs.AcquireIfThere(frontend.Address))
            kept.Membership = Membership.ClusterIP;
        if (kept.AffinityId != 0)
            kept.AffinityId = table.AffinityIds.Acquire(kept.Owner) | (kept.AffinityId & TableKeys.InternalLocal);
        Count(frontend, kept, kept.Slots, isLocal: false);
        Count(frontend, kept, kept.LocalSlots, isLocal: true);
        foreach (var verdict in new[] { kept.Verdict, kept.OffNodeVerdict })
        {
            if (verdict.Kind == FrontendVerdictKind.FanOut)
                table.FanOuts.AcquireIfThere(verdict.FanOut);
        }
    }

    private void Count(Frontend frontend, InstalledFrontend kept, Slot[] slots, bool isLocal)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i].IsEmpty)
                continue;
            slots[i] = slots[i] with { IsHairpin = table.Hairpins.AcquireIfThere(slots[i].Address) };
            if (kept.AffinityId != 0)
                table.AffinityTargets.AcquireIfThere(new(isLocal, frontend.Protocol, kept.AffinityId, slots[i].Target));
        }
    }

    private void Install(Frontend frontend, InstalledFrontend after)
    {
        if (after.IsEmpty)
            table.Frontends.Remove(frontend);
        else
            table.Frontends[frontend] = after;
    }

    private void PlanMembership(Frontend frontend, InstalledFrontend before, Membership after, Membership which)
    {
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        var frontendKey = key[..TableKeys.Write(key, frontend)];
        foreach (var (membership, set) in TableSets.Memberships)
        {
            var (was, willBe) = ((before.Membership & membership & which) != 0, (after & membership & which) != 0);
            if (was && !willBe)
                edit.Remove(set, frontendKey);
            else if (!was && willBe)
                edit.Add(set, new NftElementView(frontendKey));
        }
    }

    private void PlanClusterIP(Frontend frontend, bool was, bool willBe)
    {
        if (was && !willBe)
            table.ClusterIPs.Release(frontend.Address);
        if (was || !willBe || !table.ClusterIPs.Acquire(frontend.Address))
            return;
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        edit.Add(TableSet.ClusterIPs, new NftElementView(key[..frontend.Address.WriteTo(key)]));
    }

    private void PlanSourceRanges(Frontend frontend, ImmutableArray<AddressRange> before, ImmutableArray<AddressRange> after)
    {
        if (before.AsSpan().SequenceEqual(after.AsSpan()))
            return;
        Span<byte> key = stackalloc byte[TableKeys.MaxLength], keyEnd = stackalloc byte[TableKeys.MaxLength];
        foreach (var range in before.Except(after))
        {
            var length = TableKeys.Write(key, keyEnd, new SourceRange(frontend, range));
            edit.Remove(TableSet.SourceRanges, key[..length], keyEnd[..length]);
        }

        foreach (var range in after.Except(before))
        {
            var length = TableKeys.Write(key, keyEnd, new SourceRange(frontend, range));
            edit.Add(TableSet.SourceRanges, new NftElementView(key[..length]) { KeyEnd = keyEnd[..length] });
        }
    }

    private Slot[] PlanSlots(Frontend frontend, InstalledFrontend before, Slot[] slots, ImmutableArray<ProxyEndpoint> desired, int firstSlot)
    {
        var after = SlotArrangement.Rearrange(slots, desired);
        if (ReferenceEquals(slots, after))
            return after;
        var mayComeInParts = before.IsEmpty;
        for (var i = 0; i < Math.Max(slots.Length, after.Length); i++)
        {
            PlanSlot(frontend, firstSlot + i, i < slots.Length ? slots[i] : default, i < after.Length ? after[i] : default);
            if (mayComeInParts && i % SlotsOfPart == SlotsOfPart - 1)
                edit.EndPart();
        }

        return after;
    }

    private void PlanSlot(Frontend frontend, int slot, Slot before, Slot after)
    {
        if (before == after)
            return;
        Span<byte> key = stackalloc byte[TableKeys.MaxLength], value = stackalloc byte[TableKeys.MaxLength];
        if (after.IsHairpin && table.Hairpins.Acquire(after.Address))
            edit.Add(TableSet.Hairpin, new NftElementView(key[..TableKeys.WritePair(key, after.Address)]));
        if (before.IsHairpin)
            table.Hairpins.Release(before.Address);
        if (before.HasTargetOf(after))
            return;
        var map = TableSets.EndpointsOf(frontend);
        var slotKey = key[..TableKeys.Write(key, frontend, slot)];
        if (!before.IsEmpty)
            edit.Remove(map, slotKey);
        if (!after.IsEmpty)
            edit.Add(map, new NftElementView(slotKey) { Value = value[..TableKeys.Write(value, after.Target)] });
    }

    private uint PlanAffinity(Frontend frontend, InstalledFrontend before, InstalledFrontend after, in FrontendSpec desired)
    {
        if (before.AffinityId == 0 && !desired.HasAffinity)
            return 0;
        var id = desired.HasAffinity ? table.AffinityIds.Acquire(desired.Owner) | (desired.HasOwnAffinity ? TableKeys.InternalLocal : 0) : 0;
        if (id != 0)
        {
            AcquireTargets(frontend.Protocol, id, after.Slots, isLocal: false);
            AcquireTargets(frontend.Protocol, id, after.LocalSlots, isLocal: true);
        }

        if (before.AffinityId != 0 && before.IsCounted)
        {
            ReleaseTargets(frontend.Protocol, before.AffinityId, before.Slots, isLocal: false);
            ReleaseTargets(frontend.Protocol, before.AffinityId, before.LocalSlots, isLocal: true);
            table.AffinityIds.Release(before.Owner);
        }

        PlanAffinityId(frontend, before, id, desired.Owner);
        return id;
    }

    private void PlanAffinityId(Frontend frontend, InstalledFrontend before, uint after, ServicePortName owner)
    {
        if (before.AffinityId == after && before.Owner == owner)
            return;
        var map = TableSets.AffinityIdsOf(frontend);
        Span<byte> key = stackalloc byte[TableKeys.MaxLength], comment = stackalloc byte[OwnerComment.MaxLength], value = stackalloc byte[8];
        var frontendKey = key[..TableKeys.Write(key, frontend)];
        if (before.AffinityId != 0)
            edit.Remove(map, frontendKey);
        if (after != 0)
            edit.Add(map, new NftElementView(frontendKey) { Value = value[..TableKeys.Write(value, frontend.Protocol, after)], Comment = comment[..OwnerComment.Write(comment, owner)] });
    }

    private void AcquireTargets(TransportProtocol protocol, uint id, Slot[] slots, bool isLocal)
    {
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        foreach (var slot in slots)
        {
            var target = new AffinityTarget(isLocal, protocol, id, slot.Target);
            if (table.AffinityTargets.Acquire(target))
                edit.Add(target.Set, new NftElementView(key[..TableKeys.Write(key, target)]));
        }
    }

    private void ReleaseTargets(TransportProtocol protocol, uint id, Slot[] slots, bool isLocal)
    {
        foreach (var slot in slots)
            table.AffinityTargets.Release(new(isLocal, protocol, id, slot.Target));
    }

    private void PlanVerdict(Frontend frontend, TableSet map, InstalledFrontend before, FrontendVerdict was, FrontendVerdict willBe, ServicePortName owner)
    {
        var isSameOwner = before.Owner == owner;
        if (was == willBe && (isSameOwner || willBe == FrontendVerdict.None) && before.IsCounted)
            return;
        if (willBe.Kind == FrontendVerdictKind.FanOut && table.FanOuts.Acquire(willBe.FanOut))
            edit.AddChain(willBe.FanOut);
        if (before.IsCounted && was.Kind == FrontendVerdictKind.FanOut)
            table.FanOuts.Release(was.FanOut);
        if (was == willBe && isSameOwner)
            return;
        Span<byte> key = stackalloc byte[TableKeys.MaxLength], comment = stackalloc byte[OwnerComment.MaxLength];
        var frontendKey = key[..TableKeys.Write(key, frontend)];
        if (was.Kind != FrontendVerdictKind.None)
            edit.Remove(map, frontendKey);
        if (willBe.Kind == FrontendVerdictKind.None)
            return;
        edit.Add(map, new NftElementView(frontendKey)
        {
            Verdict = willBe.Kind == FrontendVerdictKind.Drop ? NftVerdictKind.Drop : NftVerdictKind.Goto,
            Chain = willBe.Kind == FrontendVerdictKind.Drop ? default : ChainName(willBe.FanOut),
            Comment = comment[..OwnerComment.Write(comment, owner)],
        });
    }

    private byte[] ChainName(FanOut fanOut) =>
        chainNames.TryGetValue(fanOut, out var name) ? name : chainNames[fanOut] = Encoding.UTF8.GetBytes(fanOut.ChainName);
}
