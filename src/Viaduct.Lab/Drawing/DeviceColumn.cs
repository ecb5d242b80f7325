namespace Viaduct.Lab.Drawing;

/// <summary>A device of the picture: the columns that it takes, and where lines leave it at the bottom.</summary>
internal sealed class DeviceColumn
{
    private const int LeastWidth = 8;

    public DeviceColumn(string ns, DeviceView view, int x, IReadOnlyList<string> labels, bool isOnBus)
    {
        (Name, View, X, IsOnBus) = (new DeviceName(ns, view.Name), view, x, isOnBus);
        Width = labels.Select(l => l.Length).Append(Title.Length).Append(LeastWidth - 2).Max() + 2;
    }

    public DeviceName Name { get; }

    public DeviceView View { get; }

    public int X { get; }

    public int Width { get; }

    public bool IsOnBus { get; }

    public string Title => View.Count > 1 ? $"{View.Name} x{View.Count}" : View.Name;

    public int Centre => X + Width / 2;

    /// <summary>Where the line to its bridge leaves.</summary>
    public int BusX => X + 2;

    /// <summary>Where the line to its other end or to the outside leaves.</summary>
    public int WireX => IsOnBus ? X + Width - 3 : Centre;
}
