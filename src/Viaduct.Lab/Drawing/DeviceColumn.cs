using Viaduct.Lab.Reports;

namespace Viaduct.Lab.Drawing;

/// <summary>A device of the picture: the columns that it takes, and where lines leave it at the bottom.</summary>
internal sealed class DeviceColumn
{
    private const int LeastWidth = 8;

    private readonly bool isPortOnBus;

    public DeviceColumn(DeviceView view, int x, IReadOnlyList<string> labels, NamespaceView ns)
    {
        (Name, View, X) = (new DeviceName(ns.Name, view.Name), view, x);
        Width = labels.Select(l => l.Length).Append(CharacterWidth.Of(Title)).Append(LeastWidth - 2).Max() + 2;
        var master = DeviceOrder.MasterOf(ns, view);
        Receives = master is null or { Kind: "vrf" };
        isPortOnBus = master is not null && !DeviceOrder.HasPortsBeside(ns, master);
        HasBus = DeviceOrder.IsMaster(ns, view) && !DeviceOrder.HasPortsBeside(ns, view);
    }

    public DeviceName Name { get; }

    public DeviceView View { get; }

    public int X { get; }

    public int Width { get; }

    /// <summary>Whether what arrives goes to the stack as its own: not at a bridge's port. A VRF only chooses another table.</summary>
    public bool Receives { get; }

    /// <summary>Whether a line beneath connects its ports with it.</summary>
    public bool HasBus { get; }

    public string Title => View.Count > 1 ? $"{View.Name} x{View.Count}" : View.Name;

    public int Centre => X + Width / 2;

    /// <summary>Where the line to its bridge leaves.</summary>
    public int PortX => X + 2;

    /// <summary>Where the line to its own ports leaves: not where the one to its bridge does.</summary>
    public int BusX => isPortOnBus ? WireX : X + 2;

    /// <summary>Where the line to its other end or to the outside leaves.</summary>
    public int WireX => isPortOnBus || HasBus ? X + Width - 3 : Centre;
}
