using System.Net;

namespace Viaduct.Linux.Nftables;

/// <summary>Networks as the elements of an interval set.</summary>
public static class NftRanges
{
    /// <summary>Leaves out networks inside others, and the end of a range where the next one begins: the kernel refuses both.</summary>
    public static IReadOnlySet<NftElement> Of(IReadOnlyList<IPNetwork> networks)
    {
        var distinct = networks.Distinct().ToList();
        var outer = distinct.Where(n => !distinct.Any(o => o != n && o.PrefixLength < n.PrefixLength && o.Contains(n.BaseAddress)));
        var elements = outer.SelectMany(NftElement.Range).ToList();
        var starts = elements.Where(e => !e.IsIntervalEnd).Select(e => e.Key).ToHashSet();
        return elements.Where(e => !e.IsIntervalEnd || !starts.Contains(e.Key)).ToHashSet();
    }
}
