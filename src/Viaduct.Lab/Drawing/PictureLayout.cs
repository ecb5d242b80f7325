using Viaduct.Lab.Reports;

namespace Viaduct.Lab.Drawing;

/// <summary>
/// Lays a view out as the classic drawing of a host: the protocol stack above, the devices with their addresses below it, bridges beside their ports,
/// wires beneath, namespaces side by side, the physical network at the bottom.
/// </summary>
public sealed class PictureLayout
{
    private readonly List<Shape> shapes = [];
    private readonly List<HostColumn> hosts = [];
    private readonly DeviceLabels labels;
    private readonly WireTracks tracks;
    private readonly HostRows rows;

    private PictureLayout(NetworkView view)
    {
        labels = new DeviceLabels(view);
        var lines = view.Namespaces.SelectMany(n => n.Devices).Select(d => labels.Of(d).Count).Append(1).Max();
        var x = 0;
        foreach (var ns in view.Namespaces)
        {
            var host = new HostColumn(ns, x, labels);
            hosts.Add(host);
            // Neighbours share a border.
            x = host.Box.Right;
        }

        tracks = new WireTracks(hosts);
        rows = new HostRows(lines, tracks.Count);
    }

    public static Picture Of(NetworkView view)
    {
        var layout = new PictureLayout(view);
        layout.Draw();
        var width = layout.hosts.Select(h => h.Box.Right + 1).Append(1).Max();
        return new Picture(width, layout.Height, layout.shapes);
    }

    private int Height { get; set; }

    private void Draw()
    {
        foreach (var host in hosts)
            DrawHost(host);
        foreach (var bus in tracks.Buses)
            shapes.Add(new BusShape(rows.Track(bus.Track), [.. bus.Members.Select(x => (x, rows.DevicesBottom))]));
        foreach (var wire in tracks.Wires)
            DrawWire(wire);
        Height = rows.Bottom + 1;
        DrawExits("Physical Network", d => d.Kind is null);
        DrawExits("another namespace", d => d.Kind is not null);
        if (labels.CommonBeginning is { } common)
            shapes.Add(new TextShape(1, Height++, $"Addresses begin with {common}"));
    }

    private void DrawHost(HostColumn host)
    {
        shapes.Add(host.Box with { Height = rows.Bottom + 1 });
        Centre(host.Box, HostRows.Title, host.Title);
        var stack = new BoxShape(host.Box.X + 4, HostRows.StackTop, host.Box.Width - 8, 3);
        shapes.Add(stack);
        Centre(stack, HostRows.StackTop + 1, "Network Protocol Stack");
        shapes.Add(new DottedShape(host.Box.X + 1, HostRows.Border, host.Box.Width - 2));
        foreach (var device in host.Devices)
            DrawDevice(device);
        foreach (var (left, right) in host.Adjacent)
            DrawAdjacent(left, right);
    }

    private void DrawDevice(DeviceColumn device)
    {
        shapes.Add(new BoxShape(device.X, HostRows.LabelTop, device.Width, rows.LabelLines + 2));
        shapes.Add(new BoxShape(device.X, rows.NameTop, device.Width, 3));
        var box = new BoxShape(device.X, 0, device.Width, 0);
        foreach (var (line, index) in labels.Of(device.View).Select((l, i) => (l, i)))
            Centre(box, HostRows.LabelTop + 1 + index, line);
        Centre(box, rows.NameTop + 1, device.Title);
        if (device.View.Addresses.Count == 0)
            return;
        // The stack sends through every device that has an address; what a bridge's port receives goes to the bridge instead.
        shapes.Add(device.Receives ? new ArrowShape(device.Centre, HostRows.Border - 1, ArrowDirection.Up) : Vertical(device.Centre, HostRows.Border - 1));
        shapes.Add(Vertical(device.Centre, HostRows.Border));
        shapes.Add(new ArrowShape(device.Centre, HostRows.Border + 1, ArrowDirection.Down));
    }

    private void DrawAdjacent(DeviceColumn left, DeviceColumn right)
    {
        var y = rows.NameTop + 1;
        var (from, to) = (left.X + left.Width, right.X - 1);
        shapes.Add(new WireShape([(from, y), (to, y)]));
        shapes.Add(new ArrowShape(from, y, ArrowDirection.Left));
        shapes.Add(new ArrowShape(to, y, ArrowDirection.Right));
    }

    private void DrawWire(Wire wire)
    {
        var y = rows.Track(wire.Track);
        var top = rows.DevicesBottom + 1;
        shapes.Add(new WireShape([(wire.Left, top), (wire.Left, y), (wire.Right, y), (wire.Right, top)]));
        shapes.Add(new ArrowShape(wire.Left, top, ArrowDirection.Up));
        shapes.Add(new ArrowShape(wire.Right, top, ArrowDirection.Up));
    }

    private void DrawExits(string where, Func<DeviceView, bool> isMeant)
    {
        var exits = hosts.SelectMany(h => h.Devices).Where(d => d.View.LeadsOut && isMeant(d.View)).Select(d => d.WireX).ToList();
        if (exits.Count == 0)
            return;
        foreach (var x in exits)
        {
            shapes.Add(new WireShape([(x, rows.DevicesBottom + 1), (x, rows.Bottom)]));
            shapes.Add(new ArrowShape(x, rows.DevicesBottom + 1, ArrowDirection.Up));
            shapes.Add(new ArrowShape(x, rows.Bottom + 1, ArrowDirection.Down));
        }

        var middle = (exits.Min() + exits.Max()) / 2;
        Height = Math.Max(Height, rows.Bottom + 2) + 1;
        shapes.Add(new TextShape(Math.Max(0, middle - where.Length / 2), Height - 1, where));
    }

    private void Centre(BoxShape box, int y, string text) => shapes.Add(new TextShape(box.X + (box.Width - CharacterWidth.Of(text)) / 2, y, text));

    private static WireShape Vertical(int x, int y) => new([(x, y), (x, y)]);
}
