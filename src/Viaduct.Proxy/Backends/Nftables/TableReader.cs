using System.Collections.Immutable;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Reads the elements of the table back from the kernel, one by one.</summary>
/// <param name="nft">The node's rules.</param>
/// <param name="layout">The table.</param>
/// <param name="owner">Whose name is looked for in the comments of a frontend's elements: a comment that is not the name of who should own the element is as good as none.</param>
internal sealed class TableReader(NftClient nft, TableLayout layout, Func<Frontend, ServicePortName?> owner)
{
    private readonly InstalledTable table = new();

    private IPFamily Family => layout.Options.Family;

    /// <summary>Reads everything but the chains, which <see cref="LayoutComparison"/> found.</summary>
    public InstalledTable Read(IEnumerable<FanOut> fanOuts)
    {
        foreach (var fanOut in fanOuts)
            table.FanOuts.Found(fanOut);
        ReadSlots(TableSet.Endpoints, isNodePort: false);
        ReadSlots(TableSet.NodePortEndpoints, isNodePort: true);
        ReadVerdicts();
        ReadAffinityIds(TableSet.AffinityIds, isNodePort: false);
        ReadAffinityIds(TableSet.NodePortAffinityIds, isNodePort: true);
        ReadMemberships();
        ReadSourceRanges();
        ReadShared();
        table.ServiceCidrs = ReadRanges(TableSet.ServiceCidrs);
        table.NodePortAddresses = ReadRanges(TableSet.NodePortAddresses);
        return table;
    }

    private void ReadSlots(TableSet map, bool isNodePort) => Read(
        map,
        () =>
        {
            foreach (var (_, installed) in table.Frontends.Where(f => f.Key.IsNodePort == isNodePort))
                (installed.Slots, installed.LocalSlots) = ([], []);
        },
        (in element) =>
        {
            var slot = TableKeys.ReadSlot(element.Key, Family, isNodePort);
            var target = TableKeys.ReadTarget(element.Value, Family);
            if (slot is < 0 or >= 2 * TableKeys.FirstLocalSlot || target.Address.IsNone)
            {
                Stray(map, element);
                return;
            }

            var installed = Frontend(TableKeys.ReadFrontend(element.Key, Family, isNodePort));
            var value = new Slot(target.Address, target.Port, IsHairpin: false);
            if (slot >= TableKeys.FirstLocalSlot)
                installed.LocalSlots = Put(installed.LocalSlots, slot - TableKeys.FirstLocalSlot, value);
            else
                installed.Slots = Put(installed.Slots, slot, value);
        });

    // Most slots come in no order, so arrays grow as they must; an array that is too long has empty slots, which cost nothing later.
    private static Slot[] Put(Slot[] slots, int index, Slot value)
    {
        if (index >= slots.Length)
            Array.Resize(ref slots, index + 1);
        slots[index] = value;
        return slots;
    }

    private void ReadVerdicts()
    {
        ReadVerdicts(TableSet.Service, isNodePort: false, (f, v) => f.Verdict = v);
        ReadVerdicts(TableSet.NodePort, isNodePort: true, (f, v) => f.Verdict = v);
        ReadVerdicts(TableSet.OffNodeService, isNodePort: false, (f, v) => f.OffNodeVerdict = v);
        ReadVerdicts(TableSet.OffNodeNodePort, isNodePort: true, (f, v) => f.OffNodeVerdict = v);
    }

    private void ReadVerdicts(TableSet map, bool isNodePort, Action<InstalledFrontend, FrontendVerdict> set) => Read(
        map,
        () =>
        {
            foreach (var (_, installed) in table.Frontends.Where(f => f.Key.IsNodePort == isNodePort))
                set(installed, FrontendVerdict.None);
        },
        (in element) =>
        {
            var frontend = TableKeys.ReadFrontend(element.Key, Family, isNodePort);
            set(Owned(frontend, element.Comment, out var isOwner), isOwner ? VerdictOf(element) : FrontendVerdict.Foreign);
        });

    // The frontend, and whether the comment names the Service port that should own it.
    private InstalledFrontend Owned(Frontend frontend, ReadOnlySpan<byte> comment, out bool isOwner)
    {
        var installed = Frontend(frontend);
        Span<byte> expected = stackalloc byte[OwnerComment.MaxLength];
        var name = owner(frontend);
        isOwner = name is { } known && comment.SequenceEqual(expected[..OwnerComment.Write(expected, known)]);
        if (isOwner)
            installed.Owner = name!.Value;
        return installed;
    }

    private static FrontendVerdict VerdictOf(in NftElementView element) => element.Verdict switch
    {
        NftVerdictKind.Drop => FrontendVerdict.Drop,
        NftVerdictKind.Goto when FanOut.Parse(element.Chain) is { } fanOut => FrontendVerdict.To(fanOut),
        _ => FrontendVerdict.Foreign,
    };

    private void ReadAffinityIds(TableSet map, bool isNodePort) => Read(
        map,
        () =>
        {
            foreach (var (_, installed) in table.Frontends.Where(f => f.Key.IsNodePort == isNodePort))
                installed.AffinityId = 0;
        },
        (in element) =>
        {
            var id = TableKeys.ReadAffinityId(element.Value);
            if ((id & ~TableKeys.InternalLocal) == 0)
            {
                Stray(map, element);
                return;
            }

            var installed = Owned(TableKeys.ReadFrontend(element.Key, Family, isNodePort), element.Comment, out var isOwner);
            installed.AffinityId = isOwner ? id : id | ForeignId;
            if (isOwner)
                table.AffinityIds.Found(System.Text.Encoding.UTF8.GetString(element.Comment), id & ~TableKeys.InternalLocal);
        });

    // No number that we give: the element is replaced.
    private const uint ForeignId = 0x4000_0000;

    private void ReadMemberships()
    {
        foreach (var (membership, set) in TableSets.Memberships)
        {
            var isNodePort = membership is Membership.NodePort or Membership.NodePortLocal;
            Read(
                set,
                () =>
                {
                    foreach (var installed in table.Frontends.Values)
                        installed.Membership &= ~membership;
                },
                (in element) => Frontend(TableKeys.ReadFrontend(element.Key, Family, isNodePort)).Membership |= membership);
        }
    }

    private void ReadSourceRanges()
    {
        var ranges = new HashSet<SourceRange>();
        Read(TableSet.SourceRanges, ranges.Clear, (in element) => ranges.Add(TableKeys.ReadSourceRange(element.Key, element.KeyEnd, Family)));
        foreach (var frontend in ranges.GroupBy(r => r.Frontend, r => r.Range))
            Frontend(frontend.Key).SourceRanges = [.. frontend.OrderBy(r => r.First)];
    }

    private void ReadShared()
    {
        Read(TableSet.ClusterIPs, table.ClusterIPs.Clear, (in element) => table.ClusterIPs.Found(TableKeys.ReadAddress(element.Key, Family)));
        Read(TableSet.Hairpin, table.Hairpins.Clear, (in element) =>
        {
            var length = TableKeys.AddressLength(Family);
            if (element.Key[..length].SequenceEqual(element.Key.Slice(length, length)))
                table.Hairpins.Found(TableKeys.ReadAddress(element.Key, Family));
            else
                Stray(TableSet.Hairpin, element);
        });
        foreach (var set in (ReadOnlySpan<TableSet>)[TableSet.AffinityEndpoints, TableSet.LocalAffinityEndpoints])
        {
            var isLocal = set == TableSet.LocalAffinityEndpoints;
            Read(set, () => table.AffinityTargets.Clear(t => t.IsLocal == isLocal), (in element) => table.AffinityTargets.Found(TableKeys.ReadAffinityTarget(element.Key, Family, isLocal)));
        }
    }

    // Null when there is something else than ranges with an end each.
    private ImmutableArray<AddressRange>? ReadRanges(TableSet set)
    {
        if (!layout.Sets.ContainsKey(set))
            return [];
        var bounds = new SortedSet<(PackedAddress Address, bool IsStart)>();
        Read(set, bounds.Clear, (in element) => bounds.Add((TableKeys.ReadAddress(element.Key, Family), !element.IsIntervalEnd)));
        return AddressRange.FromBounds([.. bounds], Family);
    }

    private void Read(TableSet set, Action begin, NftElementVisitor visit)
    {
        void Begin()
        {
            table.Strays.RemoveAll(s => s.Set == set);
            begin();
        }

        nft.ReadElements(layout.Table, TableSets.Name(set), Begin, visit);
    }

    private InstalledFrontend Frontend(Frontend frontend)
    {
        if (!table.Frontends.TryGetValue(frontend, out var installed))
            table.Frontends[frontend] = installed = new InstalledFrontend();
        return installed;
    }

    private void Stray(TableSet set, in NftElementView element) => table.Strays.Add((set, element.Key.ToArray(), element.KeyEnd.ToArray()));
}
