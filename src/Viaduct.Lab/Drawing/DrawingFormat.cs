using Viaduct.Lab.Reports;

namespace Viaduct.Lab.Drawing;

/// <summary>How a view is shown.</summary>
public enum DrawingFormat
{
    Unicode,
    Ascii,
    Svg,
    Json,
}

/// <summary>Shows views.</summary>
public static class Drawings
{
    /// <summary>The drawing, folded to a readable size; JSON has everything.</summary>
    public static string Draw(NetworkView view, DrawingFormat format) => format switch
    {
        DrawingFormat.Json => NetworkJson.Write(view) + "\n",
        DrawingFormat.Svg => SvgWriter.Write(PictureLayout.Of(Folding.Fold(view))),
        DrawingFormat.Ascii => Characters(view, CharacterSet.Ascii),
        _ => Characters(view, CharacterSet.Unicode),
    };

    /// <summary>What to do about a drawing that a terminal would break into pieces; null for one that fits.</summary>
    public static string? Advice(string drawing, int columns)
    {
        var width = drawing.Split('\n').Max(CharacterWidth.Of);
        return width <= columns ? null : $"The drawing is {width} columns wide and the terminal {columns}: show less with --focus, or scroll it with | less -S.";
    }

    private static string Characters(NetworkView view, CharacterSet set) => CharacterCanvas.Draw(PictureLayout.Of(Folding.Fold(view)), set) + Routes(view);

    /// <summary>Where they were read, beneath the drawing.</summary>
    private static string Routes(NetworkView view) => string.Concat(view.Namespaces.Where(n => n.Routes.Count > 0)
        .Select(n => $"\nRoutes of {Printable.Of(n.Name)}:\n{string.Concat(n.Routes.Select(r => $"  {Printable.Of(r)}\n"))}"));
}
