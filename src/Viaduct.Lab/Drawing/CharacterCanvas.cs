using System.Text;
using Viaduct.Lab.Reports;

namespace Viaduct.Lab.Drawing;

/// <summary>Draws a picture in characters, as ASCII or with the box characters of Unicode.</summary>
public sealed class CharacterCanvas
{
    // Fills the cell that a wide character (Chinese) takes besides its own.
    private const string SecondHalf = "\0";

    private readonly CharacterSet set;
    private readonly char[][] cells;

    private CharacterCanvas(Picture picture, CharacterSet set)
    {
        this.set = set;
        cells = [.. Enumerable.Range(0, picture.Height).Select(_ => Enumerable.Repeat(' ', picture.Width).ToArray())];
        foreach (var shape in picture.Shapes)
            Draw(shape);
    }

    /// <summary>Lines, each ended by a line feed, without blanks at their ends.</summary>
    public static string Draw(Picture picture, CharacterSet set)
    {
        var text = new StringBuilder();
        foreach (var row in new CharacterCanvas(picture, set).cells)
            text.Append(row.AsSpan().TrimEnd(' ')).Append('\n');
        return text.Replace(SecondHalf, "").ToString();
    }

    private void Draw(Shape shape)
    {
        switch (shape)
        {
            case BoxShape box:
                DrawBox(box);
                break;
            case TextShape text:
                DrawText(text);
                break;
            case DottedShape dotted:
                for (var i = 0; i < dotted.Width; i++)
                    Put(dotted.X + i, dotted.Y, set.Dot);
                break;
            case ArrowShape arrow:
                Put(arrow.X, arrow.Y, set.Arrow(arrow.Direction));
                break;
            case WireShape wire:
                DrawWire(wire.Corners);
                break;
            case BusShape bus:
                DrawBus(bus);
                break;
        }
    }

    private void DrawText(TextShape text)
    {
        var x = text.X;
        foreach (var character in text.Text)
        {
            Put(x++, text.Y, character);
            if (CharacterWidth.Of(character.ToString()) == 2)
                Put(x++, text.Y, SecondHalf[0]);
        }
    }

    private void DrawBox(BoxShape box)
    {
        for (var x = box.X + 1; x < box.Right; x++)
            (cells[box.Y][x], cells[box.Bottom][x]) = (set.Horizontal, set.Horizontal);
        for (var y = box.Y + 1; y < box.Bottom; y++)
            (cells[y][box.X], cells[y][box.Right]) = (set.Vertical, set.Vertical);
        foreach (var (x, y, arms) in new[]
        {
            (box.X, box.Y, Arms.Right | Arms.Down), (box.Right, box.Y, Arms.Left | Arms.Down),
            (box.X, box.Bottom, Arms.Right | Arms.Up), (box.Right, box.Bottom, Arms.Left | Arms.Up),
        })
            cells[y][x] = set.Corner(set.ArmsOf(cells[y][x]) | arms);
    }

    private void DrawWire(IReadOnlyList<(int X, int Y)> corners)
    {
        for (var i = 1; i < corners.Count; i++)
            DrawSegment(corners[i - 1], corners[i]);
        for (var i = 1; i < corners.Count - 1; i++)
            Put(corners[i].X, corners[i].Y, set.Corner(Towards(corners[i], corners[i - 1]) | Towards(corners[i], corners[i + 1])));
    }

    private void DrawSegment((int X, int Y) from, (int X, int Y) to)
    {
        if (from.X == to.X)
        {
            // Another wire of the same device may turn off here.
            for (var y = Math.Min(from.Y, to.Y); y <= Math.Max(from.Y, to.Y); y++)
                Put(from.X, y, set.IsCorner(cells[y][from.X]) ? set.Corner(set.ArmsOf(cells[y][from.X]) | Arms.Up | Arms.Down) : set.Vertical);
            return;
        }

        for (var x = Math.Min(from.X, to.X); x <= Math.Max(from.X, to.X); x++)
            Put(x, from.Y, set.Horizontal);
    }

    private void DrawBus(BusShape bus)
    {
        for (var x = bus.Left; x <= bus.Right; x++)
            Put(x, bus.Y, set.Double);
        foreach (var (x, top) in bus.Members)
        {
            for (var y = top + 1; y < bus.Y; y++)
                Put(x, y, set.Vertical);
            Put(x, bus.Y, set.OnDouble(x == bus.Left, x == bus.Right));
        }
    }

    private static Arms Towards((int X, int Y) from, (int X, int Y) to) =>
        to.X > from.X ? Arms.Right : to.X < from.X ? Arms.Left : to.Y > from.Y ? Arms.Down : Arms.Up;

    private void Put(int x, int y, char character)
    {
        if (y < cells.Length && x < cells[y].Length)
            cells[y][x] = character;
    }
}
