using Viaduct.Linux.Route;

namespace Viaduct.Lab.Drawing;

/// <summary>Finds what a link is connected to (IFLA_LINK), in its own namespace or in another one that was read.</summary>
internal sealed class LinkResolver(IEnumerable<NamespaceReading> readings)
{
    private readonly Dictionary<(string Namespace, int Index), string> devices =
        readings.SelectMany(r => r.Links.Select(l => (r.Name, l.Index, Device: l.Name))).ToDictionary(l => (l.Name, l.Index), l => l.Device);

    public DeviceName? OtherEnd(NamespaceReading reading, LinkInfo link)
    {
        // A tunnel's IFLA_LINK is the tunnel itself (dev_get_iflink() in net/core/dev.c); where its packets leave is among what it was made with.
        if ((link.Vxlan?.UnderlayIndex ?? link.LinkIndex) is not (> 0 and var index))
            return null;
        var ns = link.LinkNamespaceId is { } id ? reading.NamespaceIds.GetValueOrDefault(id) : reading.Name;
        return ns is not null && devices.TryGetValue((ns, index), out var device) ? new DeviceName(ns, device) : null;
    }
}
