namespace Viaduct.Lab.Drawing;

/// <summary>Leaves of a view what has to do with one thing: a namespace, a device or an address.</summary>
public static class Focus
{
    /// <summary>The devices that are meant and those that they are connected to, over a bridge too.</summary>
    /// <exception cref="DrawingException">Nothing of that name is in the view.</exception>
    public static NetworkView On(NetworkView view, string name)
    {
        var meant = Devices(view).Where(d => IsMeant(d, name)).ToHashSet();
        if (meant.Count == 0 && view.Find(name) is null)
            throw new DrawingException($"No namespace, device or address \"{name}\" is in the drawing; draw without --focus to see which are.");
        // The device beneath may be one end of a pair; with one end alone a line would lead nowhere.
        var shown = meant.SelectMany(d => Neighbours(view, d).Append(d)).SelectMany(d => Pair(view, d)).ToHashSet();
        return new NetworkView([.. view.Namespaces
            .Select(n => n with { Devices = [.. n.Devices.Where(d => shown.Contains(new(n.Name, d)))] })
            .Select(n => n with { Routes = [.. n.Routes.Where(r => r.Split(" dev ") is not [_, var device] || n.Find(device.Split(' ')[0]) is not null)] })
            .Where(n => n.Devices.Count > 0 || n.Name == name)]);
    }

    private static IEnumerable<Place> Devices(NetworkView view) => view.Namespaces.SelectMany(n => n.Devices.Select(d => new Place(n.Name, d)));

    private static bool IsMeant(Place place, string name) =>
        place.Namespace == name || place.Device.Name == name || $"{place.Namespace}/{place.Device.Name}" == name || place.Device.Addresses.Any(a => a.Address.ToString() == name);

    /// <summary>The other end, and from there the bridge; the bridge of a port; what leads out of a bridge. Of a bridge, its ports and their other ends.</summary>
    private static IEnumerable<Place> Neighbours(NetworkView view, Place place)
    {
        var ends = Ends(view, place).ToList();
        var bridges = ends.Where(e => e.Device.Master is not null).Select(e => Find(view, new(e.Namespace, e.Device.Master!))).OfType<Place>().ToList();
        var exits = bridges.SelectMany(b => view.Find(b.Namespace)!.Devices.Where(d => d.Master == b.Device.Name && d.LeadsOut).Select(d => new Place(b.Namespace, d)));
        var ports = view.Find(place.Namespace)!.Devices.Where(d => d.Master == place.Device.Name).SelectMany(d => Ends(view, new(place.Namespace, d)));
        var upper = Devices(view).Where(d => d.Device.Lower == new DeviceName(place.Namespace, place.Device.Name));
        return [.. ends, .. bridges, .. exits, .. ports, .. upper];
    }

    private static IEnumerable<Place> Ends(NetworkView view, Place place) =>
        new[] { place.Device.Peer, place.Device.Lower }.OfType<DeviceName>().Select(n => Find(view, n)).OfType<Place>().Append(place);

    private static IEnumerable<Place> Pair(NetworkView view, Place place) =>
        place.Device.Peer is { } peer && Find(view, peer) is { } other ? [place, other] : [place];

    private static Place? Find(NetworkView view, DeviceName name) => view.Find(name.Namespace)?.Find(name.Device) is { } device ? new(name.Namespace, device) : null;

    private sealed record Place(string Namespace, DeviceView Device);
}
