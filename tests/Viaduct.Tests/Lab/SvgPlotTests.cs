using System.Xml.Linq;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Reports;

namespace Viaduct.Tests.Lab;

public class SvgPlotTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private static readonly Plot s_plot = new(
        new("Cost & time", "代价"),
        new("held, µs", "持有(µs)"),
        new("spent, µs", "消耗(µs)"),
        [
            new Curve(new("one", "一"), [new(1, 1), new(10, 10), new(100, 100)]),
            new Curve(new("two", "二"), [new(1, 10), new(100, 10)]),
        ]);

    [Fact]
    public void A_plot_is_well_formed_and_speaks_both_languages()
    {
        Assert.Equal(["Cost & time", "1", "10", "100", "1", "10", "100", "held, µs", "spent, µs", "one", "two"], Texts(Language.English));
        Assert.Equal(["代价", "1", "10", "100", "1", "10", "100", "持有(µs)", "消耗(µs)", "一", "二"], Texts(Language.Chinese));
    }

    [Fact]
    public void Equal_factors_are_equal_distances()
    {
        var points = Root(Language.English).Descendants(s_svg + "circle").Select(c => (X: (double)c.Attribute("cx")!, Y: (double)c.Attribute("cy")!)).ToList();
        Assert.Equal(5, points.Count);
        Assert.Equal(points[1].X - points[0].X, points[2].X - points[1].X);
        Assert.Equal(points[1].Y - points[0].Y, points[2].Y - points[1].Y);
        Assert.True(points[1].Y < points[0].Y);
        Assert.Equal(points[3].Y, points[4].Y);
    }

    private static List<string> Texts(Language language) => [.. Root(language).Descendants(s_svg + "text").Select(t => t.Value)];

    private static XElement Root(Language language) => XDocument.Parse(SvgPlot.Write(s_plot, language)).Root!;
}
