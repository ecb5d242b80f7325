using System.Collections.Immutable;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Asks the kernel what it has for some frontends, for people who look for the cause of something.</summary>
public static class NftablesInspector
{
    /// <summary>What the table of the client's network namespace has for each frontend; a few requests for each, whatever the size of the table.</summary>
    public static IReadOnlyList<InspectedFrontend> Read(NftClient nft, IPFamily family, IEnumerable<Frontend> frontends) =>
        [.. frontends.Select(f => Read(nft, TableLayout.TableOf(family), family, f))];

    internal static InspectedFrontend Read(NftClient nft, NftTable table, IPFamily family, Frontend frontend)
    {
        NftElement? Find(TableSet set, NftData key) => nft.GetElement(table, TableSets.Name(set), key);
        var key = Key(frontend);
        var verdict = Find(TableSets.Verdicts(frontend), key);
        var offNode = Find(TableSets.OffNodeVerdicts(frontend), key);
        var found = new InspectedFrontend
        {
            Frontend = frontend,
            Owner = verdict?.Comment ?? offNode?.Comment,
            Verdict = verdict?.Verdict?.ToString(),
            OffNodeVerdict = offNode?.Verdict?.ToString(),
            Counter = verdict?.Counter,
            OffNodeCounter = offNode?.Counter,
            Endpoints = Slots(slot => Find(TableSets.EndpointsOf(frontend), SlotKey(frontend, slot)), family, 0, verdict),
            LocalEndpoints = Slots(slot => Find(TableSets.EndpointsOf(frontend), SlotKey(frontend, slot)), family, TableKeys.FirstLocalSlot, offNode),
            Sets = Sets(frontend, Find, key),
        };
        found = found with { Hairpins = [.. found.Endpoints.Concat(found.LocalEndpoints).OfType<EndpointAddress>().Distinct().Where(e => Find(TableSet.Hairpin, PairKey(e.Address)) is not null)] };
        if (found.Sets.Contains(TableSets.Name(TableSet.Firewalled)))
            found = found with { SourceRanges = ReadSourceRanges(nft, table, family, frontend) };
        return Find(TableSets.AffinityIdsOf(frontend), key)?.Value is { } number
            ? found with { Affinity = InspectedAffinity.Read(nft, table, family, frontend.Protocol, TableKeys.ReadAffinityId(number.Span), hasLocal: offNode is not null) }
            : found;
    }

    // One by one, for the range that somebody added is in no list of ours.
    private static ImmutableArray<string> ReadSourceRanges(NftClient nft, NftTable table, IPFamily family, Frontend frontend)
    {
        var ranges = new SortedSet<AddressRange>(Comparer<AddressRange>.Create((a, b) => a.First.CompareTo(b.First)));
        nft.ReadElements(table, TableSets.Name(TableSet.SourceRanges), ranges.Clear, (in element) =>
        {
            var range = TableKeys.ReadSourceRange(element.Key, element.KeyEnd, family);
            if (range.Frontend == frontend)
                ranges.Add(range.Range);
        });
        return [.. ranges.Select(r => r.ToString())];
    }

    private static ImmutableArray<string> Sets(Frontend frontend, Func<TableSet, NftData, NftElement?> find, NftData key)
    {
        var sets = TableSets.Memberships.Select(m => m.Set)
            .Where(s => (s is TableSet.NodePorts or TableSet.NodePortsLocal) == frontend.IsNodePort && find(s, key) is not null)
            .Append(TableSets.AffinityIdsOf(frontend)).Where(s => s != TableSets.AffinityIdsOf(frontend) || find(s, key) is not null);
        if (!frontend.IsNodePort && find(TableSet.ClusterIPs, NftData.Address(frontend.Address.ToIPAddress())) is not null)
            sets = sets.Prepend(TableSet.ClusterIPs);
        return [.. sets.Select(TableSets.Name)];
    }

    // All that the verdict's chain may choose, holes told; and one more that is there although no connection finds it.
    private static ImmutableArray<EndpointAddress?> Slots(Func<int, NftElement?> find, IPFamily family, int first, NftElement? verdict)
    {
        var count = verdict?.Verdict?.Chain is { } chain ? FanOut.Parse(chain)?.Count ?? 0 : 0;
        var slots = ImmutableArray.CreateBuilder<EndpointAddress?>();
        for (var slot = 0; ; slot++)
        {
            var element = find(first + slot);
            if (element is null && slot >= count)
                return slots.ToImmutable();
            slots.Add(element?.Value is { } value ? TableKeys.ReadTarget(value.Span, family) : null);
        }
    }

    private static NftData Key(Frontend frontend)
    {
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        return new NftData(key[..TableKeys.Write(key, frontend)]);
    }

    private static NftData PairKey(PackedAddress address)
    {
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        return new NftData(key[..TableKeys.WritePair(key, address)]);
    }

    private static NftData SlotKey(Frontend frontend, int slot)
    {
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        return new NftData(key[..TableKeys.Write(key, frontend, slot)]);
    }
}

/// <summary>A frontend as the kernel has it.</summary>
public sealed record InspectedFrontend
{
    public required Frontend Frontend { get; init; }

    /// <summary>The Service port that the kernel's element names; null without one.</summary>
    public string? Owner { get; init; }

    /// <summary>As nft writes it: <c>goto fan-out-3</c> or <c>drop</c>; null means that connections are refused.</summary>
    public string? Verdict { get; init; }

    /// <summary>The verdict for clients from elsewhere under externalTrafficPolicy Local; null when they have none of their own.</summary>
    public string? OffNodeVerdict { get; init; }

    /// <summary>Connections since the element was written: it is written anew when the number of endpoints changes.</summary>
    public CounterExpression? Counter { get; init; }

    public CounterExpression? OffNodeCounter { get; init; }

    /// <summary>By slot; null is a hole, which loses the connections that choose it.</summary>
    public ImmutableArray<EndpointAddress?> Endpoints { get; init; } = [];

    /// <summary>Those of policy Local, for clients from elsewhere.</summary>
    public ImmutableArray<EndpointAddress?> LocalEndpoints { get; init; } = [];

    /// <summary>Names of the sets that it is in.</summary>
    public ImmutableArray<string> Sets { get; init; } = [];

    /// <summary>Who may use it, if not everybody.</summary>
    public ImmutableArray<string> SourceRanges { get; init; } = [];

    /// <summary>Those of its endpoints that get an answer when they reach themselves.</summary>
    public ImmutableArray<EndpointAddress> Hairpins { get; init; } = [];

    /// <summary>Null without session affinity.</summary>
    public InspectedAffinity? Affinity { get; init; }
}
