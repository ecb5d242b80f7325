using Viaduct.Lab.Drawing;

namespace Viaduct.Lab.Experiments.Clusters;

/// <summary>The plugin names a pod's port on the node by a hash of its id; in a drawing that is the same each time they are veth1, veth2, ...</summary>
internal static class PortNames
{
    private const int HashedLength = 15;

    public static NetworkView Shorten(NetworkView view)
    {
        var peers = view.Namespaces.SelectMany(n => n.Devices, (n, d) => (n.Name, d)).Where(d => d.d.Peer is not null).Select(d => d.d.Peer!).ToList();
        var names = view.Namespaces.SelectMany(n => n.Devices, (n, d) => new DeviceName(n.Name, d.Name))
            .Where(d => d.Device.Length == HashedLength && d.Device.StartsWith("veth", StringComparison.Ordinal))
            // In the order of the pods.
            .OrderBy(peers.IndexOf).Select((d, i) => (d, $"veth{i + 1}")).ToDictionary();
        return new NetworkView([.. view.Namespaces.Select(n => n with { Devices = [.. n.Devices.Select(d => Rename(n.Name, d)).OrderBy(d => d.Name, StringComparer.Ordinal)] })]);

        DeviceView Rename(string ns, DeviceView device) => device with { Name = New(new(ns, device.Name)), Peer = device.Peer is { } peer ? peer with { Device = New(peer) } : null };

        string New(DeviceName name) => names.GetValueOrDefault(name, name.Device);
    }
}
