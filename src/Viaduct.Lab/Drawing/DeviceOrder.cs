namespace Viaduct.Lab.Drawing;

/// <summary>
/// The order of a namespace's devices from left to right: what leads out first, each bridge between its ports, all else last.
/// </summary>
internal static class DeviceOrder
{
    public static IReadOnlyList<DeviceView> Of(NamespaceView ns)
    {
        var bridges = ns.Devices.Where(d => d.Kind == "bridge").ToList();
        var rest = ns.Devices.Where(d => d.Kind != "bridge" && PortOf(ns, d) is null).ToList();
        return
        [
            .. rest.Where(d => d.LeadsOut),
            .. bridges.SelectMany(b => AroundBridge(b, Ports(ns, b))),
            .. rest.Where(d => !d.LeadsOut),
        ];
    }

    public static IReadOnlyList<DeviceView> Ports(NamespaceView ns, DeviceView bridge) => [.. ns.Devices.Where(d => d.Master == bridge.Name)];

    /// <summary>Whether both ports of a bridge have room beside it.</summary>
    public static bool HasPortsBeside(IReadOnlyList<DeviceView> ports) => ports.Count <= 2;

    private static DeviceView? PortOf(NamespaceView ns, DeviceView device) => device.Master is { } master ? ns.Find(master) : null;

    private static IEnumerable<DeviceView> AroundBridge(DeviceView bridge, IReadOnlyList<DeviceView> ports)
    {
        var left = ports.Where(p => p.LeadsOut).ToList();
        var right = ports.Where(p => !p.LeadsOut).ToList();
        // Two alike: one on each side.
        if (ports.Count == 2 && left.Count != 1)
            (left, right) = ([ports[0]], [ports[1]]);
        return [.. left, bridge, .. right];
    }
}
