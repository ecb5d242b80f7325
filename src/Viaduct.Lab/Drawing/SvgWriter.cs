using System.Globalization;
using System.Net;
using System.Text;

namespace Viaduct.Lab.Drawing;

/// <summary>Draws a picture as SVG, readable on light and dark pages.</summary>
public static class SvgWriter
{
    // The size of a character of the font, and the point of a cell that lines go through.
    private const int CellWidth = 9, CellHeight = 18;

    private const string Style = """
        <style>
        svg { background: #fff; color: #24292f; font: 15px ui-monospace, Menlo, Consolas, monospace; }
        rect { fill: none; stroke: currentColor; } text { fill: currentColor; white-space: pre; }
        .wire { fill: none; stroke: #0969da; stroke-width: 1.5; } .bus { fill: none; stroke: #8250df; stroke-width: 4; }
        .dots { stroke: currentColor; stroke-dasharray: 2 4; } .arrow { fill: #0969da; }
        @media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3; } }
        </style>
        """;

    public static string Write(Picture picture)
    {
        var svg = new StringBuilder();
        var (width, height) = ((picture.Width + 1) * CellWidth, (picture.Height + 1) * CellHeight);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n{Style}\n");
        foreach (var shape in picture.Shapes)
            svg.Append(Element(shape)).Append('\n');
        return svg.Append("</svg>\n").ToString();
    }

    private static string Element(Shape shape) => shape switch
    {
        BoxShape box => $"<rect x=\"{X(box.X)}\" y=\"{Y(box.Y)}\" width=\"{(box.Width - 1) * CellWidth}\" height=\"{(box.Height - 1) * CellHeight}\" rx=\"3\"/>",
        TextShape text => $"<text x=\"{text.X * CellWidth}\" y=\"{Y(text.Y) + 5}\">{WebUtility.HtmlEncode(text.Text)}</text>",
        DottedShape dots => $"<path class=\"dots\" d=\"M{X(dots.X)} {Y(dots.Y)}h{dots.Width * CellWidth}\"/>",
        // A line through one cell.
        WireShape { Corners: [var one, var same] } when one == same => $"<path class=\"wire\" d=\"M{X(one.X)} {one.Y * CellHeight}v{CellHeight}\"/>",
        WireShape wire => $"<path class=\"wire\" d=\"M{string.Join('L', wire.Corners.Select(c => $"{X(c.X)} {Y(c.Y)}"))}\"/>",
        BusShape bus => $"<path class=\"bus\" d=\"M{X(bus.Left)} {Y(bus.Y)}H{X(bus.Right)}{string.Concat(bus.Members.Select(m => $"M{X(m.X)} {Y(bus.Y)}V{Y(m.Top)}"))}\"/>",
        ArrowShape arrow => $"<path class=\"arrow\" d=\"M{X(arrow.X)} {Y(arrow.Y)}{Head(arrow.Direction)}\"/>",
        _ => "",
    };

    private static int X(int column) => column * CellWidth + CellWidth / 2;

    private static int Y(int row) => row * CellHeight + CellHeight / 2;

    // A triangle whose tip lies at the edge of the cell.
    private static string Head(ArrowDirection direction) => direction switch
    {
        ArrowDirection.Up => "m0 -9l4 9h-8z",
        ArrowDirection.Down => "m0 9l4 -9h-8z",
        ArrowDirection.Left => "m-5 0l9 -4v8z",
        _ => "m5 0l-9 -4v8z",
    };
}
