using System.Globalization;
using System.Net;
using System.Text;
using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>A plot as SVG, readable on light and dark pages.</summary>
public static class SvgPlot
{
    private const int Width = 720, Height = 440, Left = 80, Right = 700, Top = 50, Bottom = 380;

    private const string Style = """
        <style>
        svg { background: #fff; color: #24292f; font: 13px ui-sans-serif, system-ui, sans-serif; }
        text { fill: currentColor; } .title { font-size: 15px; font-weight: 600; } .grid { stroke: currentColor; stroke-opacity: .15; }
        .curve { fill: none; stroke-width: 2; } .c0 { stroke: #0969da; fill: #0969da; } .c1 { stroke: #cf222e; fill: #cf222e; } .c2 { stroke: #1a7f37; fill: #1a7f37; }
        path.curve { fill: none; }
        @media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3; } }
        </style>
        """;

    public static string Write(Plot plot, Language language)
    {
        var points = plot.Curves.SelectMany(c => c.Points).ToList();
        var (x, y) = (Axis.Of(points.Select(p => p.X), Left, Right), Axis.Of(points.Select(p => p.Y), Bottom, Top));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\">\n{Style}\n");
        svg.Append(Text(Width / 2, 24, plot.Title.In(language), "middle", "title"));
        foreach (var decade in x.Decades)
            svg.Append(Line(x.At(decade), Top, x.At(decade), Bottom)).Append(Text(x.At(decade), Bottom + 18, Number(decade), "middle"));
        foreach (var decade in y.Decades)
            svg.Append(Line(Left, y.At(decade), Right, y.At(decade))).Append(Text(Left - 8, y.At(decade) + 4, Number(decade), "end"));
        svg.Append(Text((Left + Right) / 2, Bottom + 42, plot.X.In(language), "middle"));
        svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate(22 {(Top + Bottom) / 2}) rotate(-90)\">{Text(0, 0, plot.Y.In(language), "middle")}</g>\n");
        for (var i = 0; i < plot.Curves.Count; i++)
            Draw(svg, plot.Curves[i], i, x, y, language);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, Curve curve, int number, Axis x, Axis y, Language language)
    {
        var corners = curve.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{x.At(p.X):0.#} {y.At(p.Y):0.#}")).ToList();
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"curve c{number}\" d=\"M{string.Join('L', corners)}\"/>\n");
        foreach (var point in curve.Points)
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"c{number}\" cx=\"{x.At(point.X):0.#}\" cy=\"{y.At(point.Y):0.#}\" r=\"3\"/>\n");
        var legend = Top + 18 + number * 20;
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"curve c{number}\" d=\"M{Left + 14} {legend - 4}h26\"/>\n");
        svg.Append(Text(Left + 48, legend, curve.Name.In(language), "start"));
    }

    private static string Line(double x1, double y1, double x2, double y2) =>
        string.Create(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{x1:0.#} {y1:0.#}L{x2:0.#} {y2:0.#}\"/>\n");

    private static string Text(double x, double y, string text, string anchor, string? style = null) => string.Create(
        CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{(style is null ? "" : $" class=\"{style}\"")}>{WebUtility.HtmlEncode(text)}</text>\n");

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A logarithmic axis over whole decades, from one place of the picture to another.</summary>
    private sealed record Axis(int First, int Last, double From, double To)
    {
        public IEnumerable<double> Decades => Enumerable.Range(First, Last - First + 1).Select(d => Math.Pow(10, d));

        public static Axis Of(IEnumerable<double> values, double from, double to)
        {
            var (least, most) = (values.Min(), values.Max());
            var first = (int)Math.Floor(Math.Log10(least));
            return new Axis(first, Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(most))), from, to);
        }

        public double At(double value) => From + (Math.Log10(value) - First) / (Last - First) * (To - From);
    }
}
