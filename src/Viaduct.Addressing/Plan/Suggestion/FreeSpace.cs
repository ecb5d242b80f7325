using System.Net;

namespace Viaduct.Addressing;

/// <summary>Finds free blocks between taken ones.</summary>
internal static class FreeSpace
{
    /// <summary>The free block of this prefix length within some ranges that is nearest to <paramref name="wanted"/>; null when there is none.</summary>
    public static IPNetwork? Nearest(IPNetwork wanted, int prefix, IEnumerable<IPNetwork> within, IEnumerable<IPNetwork> taken)
    {
        var size = UInt128.One << (wanted.Bits() - prefix);
        var occupied = taken.Where(t => t.IsIPv6() == wanted.IsIPv6()).OrderBy(t => t.First()).ThenBy(t => t.PrefixLength).ToList();
        UInt128? best = null;
        foreach (var range in within.Where(w => w.IsIPv6() == wanted.IsIPv6() && w.PrefixLength <= prefix))
        {
            foreach (var (start, last) in Gaps(range, occupied))
            {
                if (In(start, last, size, wanted.First()) is { } found && (best is not { } known || Distance(found, wanted.First()) < Distance(known, wanted.First())))
                    best = found;
            }
        }
        return best is { } address ? new IPNetwork(Cidr.ToAddress(address, wanted.Family()), prefix) : null;
    }

    /// <summary>The free parts of a range, with their first and last address.</summary>
    private static IEnumerable<(UInt128 Start, UInt128 Last)> Gaps(IPNetwork range, List<IPNetwork> occupied)
    {
        var next = range.First();
        foreach (var block in occupied.Where(o => o.Overlaps(range)))
        {
            if (block.First() > next)
                yield return (next, block.First() - 1u);
            if (block.Last() >= range.Last())
                yield break;
            next = UInt128.Max(next, block.Last() + 1u);
        }
        yield return (next, range.Last());
    }

    /// <summary>The place for a block in a gap that is nearest to an address; blocks begin at multiples of their size.</summary>
    private static UInt128? In(UInt128 start, UInt128 last, UInt128 size, UInt128 wanted)
    {
        var first = (start + size - 1u) / size * size;
        if (first < start || last - start < size - 1u || first > last - size + 1u)
            return null;
        var final = (last - size + 1u) / size * size;
        return UInt128.Clamp(wanted / size * size, first, final);
    }

    private static UInt128 Distance(UInt128 a, UInt128 b) => a > b ? a - b : b - a;
}
