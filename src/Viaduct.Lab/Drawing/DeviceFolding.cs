namespace Viaduct.Lab.Drawing;

/// <summary>
/// Folds devices of one namespace that differ in nothing but their names: the tap devices of many virtual machines, or the pairs of a node's pods when the
/// pods' namespaces are not in the view.
/// </summary>
internal static class DeviceFolding
{
    /// <summary>Folds where more than <paramref name="most"/> are alike.</summary>
    public static NetworkView Fold(NetworkView view, int most)
    {
        var known = view.Namespaces.SelectMany(n => n.Devices.SelectMany(d => Mentions(n, d))).ToHashSet();
        return new NetworkView([.. view.Namespaces.Select(n => n with { Devices = [.. Fold(n, known, most)] })]);
    }

    private static IEnumerable<DeviceView> Fold(NamespaceView ns, HashSet<DeviceName> known, int most)
    {
        var groups = ns.Devices.Where(d => !known.Contains(new(ns.Name, d.Name))).GroupBy(Likeness).Where(g => g.Key is not null && g.Count() > most).Select(g => g.ToList()).ToList();
        var folded = groups.ToDictionary(g => g[0].Name, g => Folding.Merge(g[0], g));
        var gone = groups.SelectMany(g => g.Skip(1)).Select(d => d.Name).ToHashSet();
        return ns.Devices.Where(d => !gone.Contains(d.Name)).Select(d => folded.GetValueOrDefault(d.Name, d));
    }

    /// <summary>What the picture would show besides names; null for what never folds, since it is one end of something shown.</summary>
    private static string? Likeness(DeviceView device) =>
        device.Peer is not null ? null : $"{device.Kind} {device.IsUp} {device.Addresses.Count} {device.Master} {device.Lower}";

    /// <summary>Those that another device is connected to.</summary>
    private static IEnumerable<DeviceName> Mentions(NamespaceView ns, DeviceView device) =>
        new[] { device.Peer, device.Lower, device.Master is { } master ? new DeviceName(ns.Name, master) : null }.OfType<DeviceName>();
}
