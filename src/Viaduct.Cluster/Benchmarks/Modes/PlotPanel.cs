using System.Globalization;
using System.Text;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>A line of a plot.</summary>
internal sealed record PlotLine(string Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Axes with lines. X is logarithmic; Y begins at 0, or is logarithmic as well.</summary>
internal sealed record PlotPanel(string Title, IReadOnlyList<PlotLine> Lines, bool IsLogarithmic)
{
    private const int Left = 60, Right = 20, Top = 30, Bottom = 40;

    public void Draw(StringBuilder svg, int left, int top, int width, int height)
    {
        var x = new Axis([.. Lines.SelectMany(l => l.Points).Select(p => p.X)], true, Left, width - Right);
        var y = new Axis([.. Lines.SelectMany(l => l.Points).Select(p => p.Y)], IsLogarithmic, height - Bottom, Top);
        svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({left} {top})\">\n<text class=\"title\" x=\"{Left}\" y=\"18\">{Title}</text>\n");
        foreach (var value in y.Ticks)
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{Left} {y.At(value):0.0}H{width - Right}\"/><text x=\"{Left - 8}\" y=\"{y.At(value) + 4:0.0}\" text-anchor=\"end\">{value:#,0.####}</text>\n");
        foreach (var value in x.Ticks)
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{x.At(value):0.0} {Top}V{height - Bottom}\"/><text x=\"{x.At(value):0.0}\" y=\"{height - Bottom + 18}\" text-anchor=\"middle\">{value:#,0}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{(Left + width - Right) / 2}\" y=\"{height - 6}\" text-anchor=\"middle\">Services</text>\n");
        foreach (var line in Lines)
            Draw(svg, line, x, y);
        svg.Append("</g>\n");
    }

    private static void Draw(StringBuilder svg, PlotLine line, Axis x, Axis y)
    {
        string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
        var points = string.Join(' ', line.Points.Select(p => $"{Number(x.At(p.X))},{Number(y.At(p.Y))}"));
        svg.Append($"<polyline points=\"{points}\" fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"2\"/>");
        foreach (var point in line.Points)
            svg.Append($"<circle cx=\"{Number(x.At(point.X))}\" cy=\"{Number(y.At(point.Y))}\" r=\"3\" fill=\"{line.Colour}\"/>");
        svg.Append('\n');
    }

    /// <summary>From values to places. Logarithmic: whole decades; otherwise from 0 to a little more than the greatest.</summary>
    private sealed class Axis
    {
        private readonly double _low, _high, _start, _end;
        private readonly bool _isLogarithmic;

        public Axis(IReadOnlyCollection<double> values, bool isLogarithmic, double start, double end)
        {
            (_isLogarithmic, _start, _end) = (isLogarithmic, start, end);
            var (least, most) = (values.DefaultIfEmpty(1).Min(), values.DefaultIfEmpty(1).Max());
            _low = isLogarithmic ? Math.Floor(Math.Log10(Math.Max(least, 1e-4))) : 0;
            _high = isLogarithmic ? Math.Max(Math.Ceiling(Math.Log10(Math.Max(most, 1e-4))), _low + 1) : Math.Max(1, Math.Ceiling(most * 5) / 5);
        }

        public IEnumerable<double> Ticks => _isLogarithmic
            ? Enumerable.Range((int)_low, (int)(_high - _low) + 1).Select(e => Math.Pow(10, e))
            : Enumerable.Range(0, (int)Math.Round(_high * 5) + 1).Select(t => t / 5.0);

        public double At(double value) =>
            _start + ((_isLogarithmic ? Math.Log10(Math.Max(value, 1e-4)) : value) - _low) / (_high - _low) * (_end - _start);
    }
}
