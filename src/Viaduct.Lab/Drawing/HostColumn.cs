using Viaduct.Lab.Reports;

namespace Viaduct.Lab.Drawing;

/// <summary>A namespace of the picture and where its devices stand.</summary>
internal sealed class HostColumn
{
    private const int Margin = 8;
    private const int Gap = 4;

    // Room for <--->.
    private const int WideGap = 5;
    private const int LeastWidth = 36;

    public HostColumn(NamespaceView view, int x, DeviceLabels labels)
    {
        View = view;
        var devices = new List<DeviceColumn>();
        var adjacent = new List<(DeviceColumn, DeviceColumn)>();
        var next = x + Margin;
        foreach (var device in DeviceOrder.Of(view))
        {
            var isBesideBridge = devices.Count > 0 && IsWired(view, devices[^1].View, device);
            var column = new DeviceColumn(device, next + (devices.Count == 0 ? 0 : isBesideBridge ? WideGap : Gap), labels.Of(device), view);
            if (isBesideBridge)
                adjacent.Add((devices[^1], column));
            devices.Add(column);
            next = column.X + column.Width;
        }

        Devices = devices;
        Adjacent = adjacent;
        var width = Math.Max(next + Margin - x, Math.Max(LeastWidth, CharacterWidth.Of(Title) + 4));
        Box = new BoxShape(x, 0, width, 1);
    }

    public NamespaceView View { get; }

    public string Title => View.Name;

    public IReadOnlyList<DeviceColumn> Devices { get; }

    /// <summary>A bridge and a port beside it.</summary>
    public IReadOnlyList<(DeviceColumn Left, DeviceColumn Right)> Adjacent { get; }

    /// <summary>Its outline, of a height that is not known yet.</summary>
    public BoxShape Box { get; }

    private static bool IsWired(NamespaceView view, DeviceView left, DeviceView right) =>
        (left.Master == right.Name && DeviceOrder.HasPortsBeside(view, right)) || (right.Master == left.Name && DeviceOrder.HasPortsBeside(view, left));
}
