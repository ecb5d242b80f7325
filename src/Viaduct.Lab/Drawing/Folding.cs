namespace Viaduct.Lab.Drawing;

/// <summary>
/// Keeps a view readable: many namespaces that are connected alike, such as the pods of a node, become one, and the devices that lead to them one device.
/// </summary>
public static class Folding
{
    /// <summary>Folds where more than <paramref name="most"/> are alike.</summary>
    public static NetworkView Fold(NetworkView view, int most = 4)
    {
        view = DeviceFolding.Fold(view, most);
        // Each folding makes a new view, in which the other groups are looked for anew.
        while (FindAlike(view, most) is { } group)
            view = Fold(view, group);
        return view;
    }

    private static List<NamespaceView>? FindAlike(NetworkView view, int most) =>
        view.Namespaces.GroupBy(n => Likeness(view, n)).Where(g => g.Key is not null && g.Count() > most).Select(g => g.ToList()).FirstOrDefault();

    /// <summary>Namespaces with the same devices, connected to the same namespaces in the same way, or without any; null for what never folds.</summary>
    private static string? Likeness(NetworkView view, NamespaceView ns)
    {
        if (ns.Devices.Any(d => d.LeadsOut || d.Peer?.Namespace == ns.Name))
            return null;
        return string.Join('|', ns.Devices.Select(d => $"{d.Name} {d.Kind} {d.IsUp} {d.Addresses.Count} {d.Master} {d.Lower} {Beyond(view, d)}"));
    }

    // Where the other end of a pair is: of pods on one bridge the same, though each has a veth of its own. It may be gone: namespaces are read one after the other.
    private static string Beyond(NetworkView view, DeviceView device) =>
        device.Peer is { } peer ? $"{peer.Namespace} {view.Find(peer.Namespace)?.Find(peer.Device)?.Master}" : "";

    private static NetworkView Fold(NetworkView view, List<NamespaceView> group)
    {
        var first = group[0];
        var folded = first with
        {
            Name = $"{first.Name} and {group.Count - 1} alike",
            Count = group.Count,
            Devices = [.. first.Devices.Select(d => Merge(d, [.. group.Select(n => n.Find(d.Name)!)]))],
        };
        var gone = group.Skip(1).SelectMany(n => n.Devices).Select(d => d.Peer).OfType<DeviceName>().ToHashSet();
        var kept = first.Devices.Select(d => d.Peer).OfType<DeviceName>().ToHashSet();
        var namespaces = view.Namespaces.Except(group.Skip(1)).Select(n => n == first ? folded : n with { Devices = [.. n.Devices.Where(d => !gone.Contains(new(n.Name, d.Name))).Select(d => Near(n, d))] });
        return new NetworkView([.. namespaces]);

        DeviceView Near(NamespaceView ns, DeviceView device) => !kept.Contains(new(ns.Name, device.Name)) ? device : device with
        {
            Peer = device.Peer is { } peer ? peer with { Namespace = folded.Name } : null,
            Count = group.Count,
        };
    }

    /// <summary>One device for many: of their addresses the first and the last.</summary>
    internal static DeviceView Merge(DeviceView first, IReadOnlyList<DeviceView> all)
    {
        var addresses = all.SelectMany(d => d.Addresses.Take(1)).OrderBy(a => Convert.ToHexString(a.Address.GetAddressBytes()), StringComparer.Ordinal).ToList();
        return first with { Count = all.Count, Addresses = addresses.Count < 2 ? addresses : [addresses[0], addresses[^1]] };
    }
}
