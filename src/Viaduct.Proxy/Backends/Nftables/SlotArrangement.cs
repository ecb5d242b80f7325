using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Puts endpoints into numbered slots without gaps, moving as few as possible.</summary>
internal static class SlotArrangement
{
    /// <summary>
    /// Endpoints that stay keep their slots; new ones take the slots of those that left, then new slots; slots still empty are
    /// filled from the end. So one endpoint that leaves costs at most one move, however many there are.
    /// </summary>
    public static Slot[] Rearrange(Slot[] before, ImmutableArray<ProxyEndpoint> desired)
    {
        if (before.Length == 0)
            return InOrder(desired);
        if (IsInOrder(before, desired))
            return before;
        var wanted = new Dictionary<EndpointAddress, bool>(desired.Length);
        foreach (var endpoint in desired)
            wanted[endpoint.Target] = !endpoint.IsRemote;
        var slots = Keep(before, wanted);
        // In order, so that the same step leads to the same table.
        var added = wanted.Select(w => new Slot(w.Key.Address, w.Key.Port, w.Value)).OrderBy(s => s.Target).ToArray();
        Fill(slots, added);
        CloseGaps(slots);
        return CollectionsMarshal.AsSpan(slots).SequenceEqual(before) ? before : [.. slots];
    }

    private static Slot[] InOrder(ImmutableArray<ProxyEndpoint> desired)
    {
        if (desired.IsEmpty)
            return [];
        var slots = new Slot[desired.Length];
        for (var i = 0; i < slots.Length; i++)
            slots[i] = new Slot(desired[i]);
        return slots;
    }

    private static bool IsInOrder(Slot[] before, ImmutableArray<ProxyEndpoint> desired)
    {
        if (before.Length != desired.Length)
            return false;
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i] != new Slot(desired[i]))
                return false;
        }

        return true;
    }

    // Takes what stays out of what is wanted; the second of two equal slots, should the kernel's table have had such, is freed.
    private static List<Slot> Keep(Slot[] before, Dictionary<EndpointAddress, bool> wanted)
    {
        var slots = new List<Slot>(before.Length + 1);
        foreach (var slot in before)
            slots.Add(!slot.IsEmpty && wanted.Remove(slot.Target, out var isHairpin) ? slot with { IsHairpin = isHairpin } : default);
        return slots;
    }

    private static void Fill(List<Slot> slots, Slot[] added)
    {
        var next = 0;
        for (var i = 0; i < slots.Count && next < added.Length; i++)
        {
            if (slots[i].IsEmpty)
                slots[i] = added[next++];
        }

        slots.AddRange(added.AsSpan(next));
    }

    private static void CloseGaps(List<Slot> slots)
    {
        for (var i = 0; i < slots.Count; i++)
        {
            while (slots.Count > i && slots[^1].IsEmpty)
                slots.RemoveAt(slots.Count - 1);
            if (i >= slots.Count || !slots[i].IsEmpty)
                continue;
            slots[i] = slots[^1];
            slots.RemoveAt(slots.Count - 1);
        }
    }
}
