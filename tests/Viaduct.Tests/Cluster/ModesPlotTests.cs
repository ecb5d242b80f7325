using System.Xml.Linq;
using Viaduct.Cluster.Benchmarks.Modes;

namespace Viaduct.Tests.Cluster;

/// <summary>The plot of the proxy's modes.</summary>
public class ModesPlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Each_way_has_a_line_where_it_has_values_and_a_name()
    {
        var svg = Draw(100, 5000);
        Assert.Equal(["direct", "nftables", "userspace"], svg.Elements(Svg + "text").Select(t => t.Value));
        Assert.Equal([3, 3, 2, 2], svg.Elements(Svg + "g").Select(g => g.Elements(Svg + "polyline").Count()));
        Assert.All(svg.Descendants(Svg + "polyline"), l => Assert.Equal(2, l.Attribute("points")!.Value.Split(' ').Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1, 40_000)]
    public void All_points_are_inside_of_their_panel(params int[] sizes)
    {
        foreach (var circle in Draw(sizes).Descendants(Svg + "circle"))
        {
            Assert.InRange(double.Parse(circle.Attribute("cx")!.Value), 0, 430);
            Assert.InRange(double.Parse(circle.Attribute("cy")!.Value), 0, 250);
        }
    }

    private static XElement Draw(params int[] sizes) => XDocument.Parse(ModesPlot.Draw(new ModesReport
    {
        Sizes = [.. sizes.Select(s => new SizeReport(s, 10, [Way("direct", 1, null), Way("nftables", 0.95, 0.00001), Way("userspace", 0.3, 1234)]))],
    })).Root!;

    private static WayReport Way(string name, double part, double? sync) => new()
    {
        Way = name,
        RequestsOfDirect = part,
        ConnectionsOfDirect = part * 1.3,
        Latency = new(1, 2, 3),
        Connection = new(1, 2, 3),
        Request = new(),
        PerConnection = new(),
        FullWriteSeconds = sync,
        ChangeMilliseconds = sync,
    };
}
