using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Puts endpoints into numbered slots without gaps, moving as few as possible.</summary>
internal static class SlotArrangement
{
    /// <summary>
    /// Endpoints that stay keep their slots; new ones take the slots of those that left, then new slots; slots still empty are
    /// filled from the end. So one endpoint that leaves costs at most one move, however many there are.
    /// </summary>
    public static ImmutableArray<EndpointAddress> Rearrange(ImmutableArray<EndpointAddress> before, IEnumerable<EndpointAddress> desired)
    {
        var wanted = desired.ToHashSet();
        var slots = new List<EndpointAddress?>(before.Length);
        // Remove() also frees the second of two equal slots, should the kernel's table have had such.
        foreach (var endpoint in before)
            slots.Add(wanted.Remove(endpoint) ? endpoint : null);
        var added = new Queue<EndpointAddress>(wanted.Order());
        for (var i = 0; i < slots.Count && added.Count > 0; i++)
            slots[i] ??= added.Dequeue();
        while (added.Count > 0)
            slots.Add(added.Dequeue());
        CloseGaps(slots);
        return [.. slots.Select(s => s!.Value)];
    }

    private static void CloseGaps(List<EndpointAddress?> slots)
    {
        for (var i = 0; i < slots.Count; i++)
        {
            while (slots.Count > i && slots[^1] is null)
                slots.RemoveAt(slots.Count - 1);
            if (i >= slots.Count || slots[i] is not null)
                continue;
            slots[i] = slots[^1];
            slots.RemoveAt(slots.Count - 1);
        }
    }
}
