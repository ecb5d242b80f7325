using System.Globalization;
using System.Text;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>Draws what the modes cost over the number of Services, as SVG that reads on light and dark pages.</summary>
public static class ModesPlot
{
    private const int Width = 870, LegendHeight = 30, PanelWidth = 430, PanelHeight = 250;

    private const string Style = """
        <style>
        svg { background: #fff; color: #24292f; font: 12px sans-serif; } text { fill: currentColor; } .grid { stroke: currentColor; stroke-opacity: .15; } .title { font-weight: bold; }
        @media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3; } }
        </style>
        """;

    private static readonly Dictionary<string, string> s_colours = new()
    {
        ["direct"] = "#8c959f", ["nftables"] = "#2da44e", ["iptables-nft"] = "#bf8700", ["iptables-legacy"] = "#d4622a",
        ["ipvs"] = "#0969da", ["userspace"] = "#8250df", ["haproxy"] = "#1b7c83", ["socat"] = "#cf222e",
    };

    /// <summary>An SVG document.</summary>
    public static string Draw(ModesReport report)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {LegendHeight + 2 * PanelHeight}\">\n{Style}\n");
        DrawLegend(svg, report);
        PlotPanel[] panels =
        [
            new("Requests over open connections, part of direct", LinesOf(report, w => w.RequestsOfDirect), IsLogarithmic: false),
            new("Connections with one request, part of direct", LinesOf(report, w => w.ConnectionsOfDirect), IsLogarithmic: false),
            new("First write of all rules, seconds", LinesOf(report, w => w.FullWriteSeconds), IsLogarithmic: true),
            new("One endpoint replaced, milliseconds", LinesOf(report, w => w.ChangeMilliseconds), IsLogarithmic: true),
        ];
        for (var i = 0; i < panels.Length; i++)
            panels[i].Draw(svg, i % 2 * PanelWidth, LegendHeight + i / 2 * PanelHeight, PanelWidth, PanelHeight);
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawLegend(StringBuilder svg, ModesReport report)
    {
        var x = 60;
        foreach (var way in report.Sizes[0].Ways.Select(w => w.Way))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x} 16h16\" stroke=\"{s_colours[way]}\" stroke-width=\"3\"/><text x=\"{x + 20}\" y=\"20\">{way}</text>\n");
            x += 34 + 7 * way.Length;
        }
    }

    private static List<PlotLine> LinesOf(ModesReport report, Func<WayReport, double?> value) =>
    [
        .. report.Sizes[0].Ways.Select(w => w.Way).Select(way => new PlotLine(
            s_colours[way],
            [.. report.Sizes.SelectMany(s => s.Ways.Where(w => w.Way == way && value(w) is not null).Select(w => ((double)s.Services, value(w)!.Value)))]))
            .Where(l => l.Points.Count > 0),
    ];
}
