namespace Viaduct.Lab.Drawing;

/// <summary>
/// The order of a namespace's devices from left to right: what leads out first, each bridge between its ports, all else last. A bond, a team or a VRF
/// has ports as a bridge has, and may be a port itself.
/// </summary>
internal static class DeviceOrder
{
    public static IReadOnlyList<DeviceView> Of(NamespaceView ns)
    {
        var top = ns.Devices.Where(d => MasterOf(ns, d) is null).ToList();
        var alone = top.Where(d => !IsMaster(ns, d)).ToList();
        return
        [
            .. alone.Where(d => d.LeadsOut),
            .. top.Where(d => IsMaster(ns, d)).SelectMany(d => WithPorts(ns, d)),
            .. alone.Where(d => !d.LeadsOut),
        ];
    }

    public static bool IsMaster(NamespaceView ns, DeviceView device) => device.Kind == "bridge" || Ports(ns, device).Any();

    public static DeviceView? MasterOf(NamespaceView ns, DeviceView device) => device.Master is { } master ? ns.Find(master) : null;

    public static IEnumerable<DeviceView> Ports(NamespaceView ns, DeviceView master) => ns.Devices.Where(d => d.Master == master.Name);

    /// <summary>Whether a master's ports, two at most, have room beside it; otherwise a line beneath connects them.</summary>
    public static bool HasPortsBeside(NamespaceView ns, DeviceView master)
    {
        var ports = Ports(ns, master).ToList();
        return ports.Count <= 2 && MasterOf(ns, master) is null && !ports.Exists(p => IsMaster(ns, p));
    }

    private static IEnumerable<DeviceView> WithPorts(NamespaceView ns, DeviceView device)
    {
        var ports = Ports(ns, device).ToList();
        var left = ports.Where(p => p.LeadsOut).ToList();
        var right = ports.Where(p => !p.LeadsOut).ToList();
        // Two alike: one on each side.
        if (ports.Count == 2 && left.Count != 1)
            (left, right) = ([ports[0]], [ports[1]]);
        return [.. left.SelectMany(p => WithPorts(ns, p)), device, .. right.SelectMany(p => WithPorts(ns, p))];
    }
}
