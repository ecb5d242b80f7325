using Viaduct.Linux.Ipvs;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>
/// Changes in the order in which they are safe: nobody is led to a virtual service before its rules apply, an address comes last and is the first that goes.
/// </summary>
internal sealed class IpvsEdit(IPFamily family)
{
    public IPFamily Family => family;

    public Dictionary<IpvsSet, List<(SetElement Element, uint Mark)>> AddedElements { get; } = [];

    public IpvsBatch Additions { get; } = new();

    public List<PackedAddress> AddedAddresses { get; } = [];

    public Dictionary<IpvsSet, List<(SetElement Element, uint Mark)>> DeletedElements { get; } = [];

    public List<PackedAddress> DeletedAddresses { get; } = [];

    public IpvsBatch Deletions { get; } = new();

    /// <summary>How many single changes these are.</summary>
    public int Count => AddedElements.Values.Sum(e => e.Count) + DeletedElements.Values.Sum(e => e.Count)
        + Additions.Count + Deletions.Count + AddedAddresses.Count + DeletedAddresses.Count;

    public void Add(SetElement element, uint mark) => List(AddedElements, element.Set).Add((element, mark));

    public void Delete(SetElement element) => List(DeletedElements, element.Set).Add((element, 0));

    private static List<(SetElement, uint)> List(Dictionary<IpvsSet, List<(SetElement, uint)>> lists, IpvsSet set) =>
        lists.TryGetValue(set, out var list) ? list : lists[set] = [];
}
