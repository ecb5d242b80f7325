namespace Viaduct.Lab.Drawing;

/// <summary>Which lines meet in a cell.</summary>
[Flags]
internal enum Arms
{
    None = 0,
    Up = 1,
    Down = 2,
    Left = 4,
    Right = 8,
}

/// <summary>The characters of a drawing.</summary>
public sealed class CharacterSet
{
    // Indexed by Arms; the straight ones stand where two opposite or single arms meet.
    private const string UnicodeCorners = " │││─┘┐┤─└┌├─┴┬┼";

    private readonly bool isUnicode;

    private CharacterSet(bool isUnicode) => this.isUnicode = isUnicode;

    /// <summary>For every terminal and every text file.</summary>
    public static CharacterSet Ascii { get; } = new(isUnicode: false);

    /// <summary>With box-drawing characters and arrows.</summary>
    public static CharacterSet Unicode { get; } = new(isUnicode: true);

    internal char Horizontal => isUnicode ? '─' : '-';

    internal char Vertical => isUnicode ? '│' : '|';

    internal char Dot => isUnicode ? '┄' : '.';

    internal char Double => isUnicode ? '═' : '=';

    internal char Corner(Arms arms) => isUnicode ? UnicodeCorners[(int)arms] : '+';

    /// <summary>The lines that a character is made of, where it is one of a box.</summary>
    internal Arms ArmsOf(char character) =>
        isUnicode && character != ' ' && UnicodeCorners.LastIndexOf(character) is >= 0 and var arms ? (Arms)arms : Arms.None;

    internal bool IsCorner(char character) => isUnicode ? "┘┐└┌├┤┴┬┼".Contains(character, StringComparison.Ordinal) : character == '+';

    internal char OnDouble(bool isLeft, bool isRight) => !isUnicode ? '+' : isLeft ? '╘' : isRight ? '╛' : '╧';

    internal char Arrow(ArrowDirection direction) => direction switch
    {
        ArrowDirection.Up => isUnicode ? '↑' : '^',
        ArrowDirection.Down => isUnicode ? '↓' : 'v',
        ArrowDirection.Left => isUnicode ? '←' : '<',
        _ => isUnicode ? '→' : '>',
    };
}
