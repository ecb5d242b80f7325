namespace Viaduct.Lab.Drawing;

/// <summary>A drawing in units of characters: x to the right, y down. Later shapes lie on earlier ones.</summary>
public sealed record Picture(int Width, int Height, IReadOnlyList<Shape> Shapes);

public abstract record Shape;

/// <summary>A rectangle of lines.</summary>
public sealed record BoxShape(int X, int Y, int Width, int Height) : Shape
{
    public int Right => X + Width - 1;

    public int Bottom => Y + Height - 1;
}

/// <summary>Text that begins at a place.</summary>
public sealed record TextShape(int X, int Y, string Text) : Shape
{
    public string Text { get; } = Printable.Of(Text);
}

/// <summary>A line of dots: the border between the kernel's stack and its devices.</summary>
public sealed record DottedShape(int X, int Y, int Width) : Shape;

/// <summary>The head of an arrow.</summary>
public sealed record ArrowShape(int X, int Y, ArrowDirection Direction) : Shape;

/// <summary>Where an arrow points.</summary>
public enum ArrowDirection
{
    Up,
    Down,
    Left,
    Right,
}

/// <summary>A line through corners, each straight above, below or beside the one before.</summary>
public sealed record WireShape(IReadOnlyList<(int X, int Y)> Corners) : Shape;

/// <summary>A bridge with more ports than have room beside it: a double line, and a line up from it to each member.</summary>
public sealed record BusShape(int Y, IReadOnlyList<(int X, int Top)> Members) : Shape
{
    public int Left => Members.Min(m => m.X);

    public int Right => Members.Max(m => m.X);
}
