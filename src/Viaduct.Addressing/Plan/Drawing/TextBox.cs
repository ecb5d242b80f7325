namespace Viaduct.Addressing;

/// <summary>Boxes of lines, side by side and one in the other.</summary>
internal static class TextBox
{
    public static IReadOnlyList<string> Around(string title, IReadOnlyList<string> lines)
    {
        var width = Math.Max(lines.Select(l => l.Length).DefaultIfEmpty(0).Max(), title.Length + 2);
        return
        [
            $"┌─ {title} ".PadRight(width + 3, '─') + "┐",
            .. lines.Select(l => $"│ {l.PadRight(width)} │"),
            "└".PadRight(width + 3, '─') + "┘",
        ];
    }

    /// <summary>Next to each other, as high as the highest.</summary>
    public static IReadOnlyList<string> Beside(IReadOnlyList<IReadOnlyList<string>> boxes)
    {
        var height = boxes.Max(b => b.Count);
        var widths = boxes.Select(b => b.Max(l => l.Length)).ToList();
        return [.. Enumerable.Range(0, height).Select(row => string.Join("  ", boxes.Select((b, i) => (row < b.Count ? b[row] : "").PadRight(widths[i]))).TrimEnd())];
    }
}
