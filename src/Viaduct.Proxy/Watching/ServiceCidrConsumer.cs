using System.Net;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Watching;

/// <summary>Keeps the ranges of all ServiceCIDRs (there are few) and leads their union to the trackers: two objects may name the same range.</summary>
internal sealed class ServiceCidrConsumer(IReadOnlyList<FamilyProxy> families) : IReflectorConsumer<ServiceCIDR>
{
    private readonly Dictionary<string, IPNetwork[]> ranges = [];
    private readonly HashSet<string> unseen = [];
    private bool isReplacing;

    public void BeginReplace()
    {
        unseen.Clear();
        unseen.UnionWith(ranges.Keys);
        isReplacing = true;
    }

    public void Set(ServiceCIDR value)
    {
        var name = value.Metadata.Name ?? "";
        unseen.Remove(name);
        ranges[name] = [.. Parse(value.Spec?.Cidrs ?? [])];
        Tell();
    }

    public void Remove(ServiceCIDR value)
    {
        ranges.Remove(value.Metadata.Name ?? "");
        Tell();
    }

    public void EndReplace()
    {
        foreach (var name in unseen)
            ranges.Remove(name);
        unseen.Clear();
        isReplacing = false;
        Tell();
    }

    // Half a list is not told: packets into a range that is not known are let through, those into one that is are dropped.
    private void Tell()
    {
        if (!isReplacing)
            families.Track(t => t.SetServiceCidrs(ranges.Values.SelectMany(r => r)));
    }

    private static IEnumerable<IPNetwork> Parse(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (AddressText.TryParseNetwork(text, out var range))
                yield return range;
        }
    }
}
