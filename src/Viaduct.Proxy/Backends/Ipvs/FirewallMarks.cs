using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>
/// Marks of the frontends of policy Local. A packet from elsewhere gets its frontend's mark, and a virtual service of that mark has the endpoints on
/// this node. A frontend keeps its mark, also over a restart: the kernel remembers clients by it.
/// </summary>
internal sealed class FirewallMarks
{
    // The lower half is the same in all of ours and has none of the bits that kube-proxy and others test (0x4000, 0x8000, 0x2000).
    private const uint Ours = 0x0056, LowerHalf = 0xffff;

    private readonly Dictionary<Frontend, uint> marks = [];
    private readonly HashSet<uint> taken = [];
    private readonly Dictionary<VirtualKey, uint> found = [];
    private uint next = 1;

    public static bool IsOurs(uint mark) => (mark & LowerHalf) == Ours && mark > LowerHalf;

    /// <summary>The kernel gives this mark to packets for this address, protocol and port.</summary>
    public void Found(VirtualKey key, uint mark)
    {
        if (!IsOurs(mark))
            return;
        found[key] = mark;
        taken.Add(mark);
    }

    /// <summary>The mark of a frontend: its own, or the one that the kernel has for its addresses, or a free one.</summary>
    public uint Acquire(Frontend frontend, IEnumerable<VirtualKey> keys)
    {
        if (marks.TryGetValue(frontend, out var mark))
            return mark;
        foreach (var key in keys)
        {
            if (found.Remove(key, out var before) && mark == 0)
                mark = before;
        }

        if (mark == 0)
            mark = LowestFree();
        marks[frontend] = mark;
        return mark;
    }

    public void Release(Frontend frontend)
    {
        if (marks.Remove(frontend, out var mark))
            Free(mark);
    }

    /// <summary>Everything is planned: marks that were found and that nobody took are free.</summary>
    public void ReleaseUnused()
    {
        var used = marks.Values.ToHashSet();
        foreach (var mark in found.Values.Where(m => !used.Contains(m)).Distinct())
            Free(mark);
        found.Clear();
    }

    private uint LowestFree()
    {
        for (; next <= ushort.MaxValue; next++)
        {
            var mark = (next << 16) | Ours;
            if (taken.Add(mark))
                return mark;
        }

        throw new InvalidOperationException($"More than {ushort.MaxValue} addresses and node ports have externalTrafficPolicy Local; ipvs mode cannot tell them apart.");
    }

    private void Free(uint mark)
    {
        taken.Remove(mark);
        next = Math.Min(next, mark >> 16);
    }
}
