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

    private static string Characters(NetworkView view, CharacterSet set) => CharacterCanvas.Draw(PictureLayout.Of(Folding.Fold(view)), set) + Routes(view);

    /// <summary>Where they were read, beneath the drawing.</summary>
    private static string Routes(NetworkView view) => string.Concat(view.Namespaces.Where(n => n.Routes.Count > 0)
        .Select(n => $"\nRoutes of {n.Name}:\n{string.Concat(n.Routes.Select(r => $"  {r}\n"))}"));
}
