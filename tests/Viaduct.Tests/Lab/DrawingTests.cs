using Viaduct.Lab.Drawing;
using static Viaduct.Tests.Lab.Views;

namespace Viaduct.Tests.Lab;

/// <summary>Expected drawings were written by hand after those of the classic chapter on bridges.</summary>
public class DrawingTests
{
    [Fact]
    public void A_host_with_a_bridge_between_its_card_and_a_pair_is_drawn_as_the_classic_picture()
    {
        var view = new NetworkView([Host(
            "host",
            Card("eth0").On("br0"),
            Device("br0", "bridge", "192.168.3.101/24"),
            Veth("veth0", "host/veth1").On("br0"),
            Veth("veth1", "host/veth0", "192.168.3.102/24"))]);
        Assert.Equal(
            """
            +------------------------------------------------------------+
            |                            host                            |
            |                                                            |
            |   +----------------------------------------------------+   |
            |   |               Network Protocol Stack               |   |
            |   +----------------------------------------------------+   |
            |                        ^                        ^          |
            |........................|........................|..........|
            |                        v                        v          |
            |       +------+     +------+     +------+    +------+       |
            |       |      |     |.3.101|     |      |    |.3.102|       |
            |       +------+     +------+     +------+    +------+       |
            |       | eth0 |<--->| br0  |<--->|veth0 |    |veth1 |       |
            |       +------+     +------+     +------+    +------+       |
            |           ^                         ^           ^          |
            |           |                         +-----------+          |
            |           |                                                |
            +-----------|------------------------------------------------+
                        v
                Physical Network
             Addresses begin with 192.168

            """,
            Drawings.Draw(view, DrawingFormat.Ascii));
    }

    [Fact]
    public void A_port_with_an_address_only_sends()
    {
        var drawing = Drawings.Draw(new NetworkView([Host("host", Device("br0", "bridge"), Card("eth0", "10.0.0.1/8").On("br0"))]), DrawingFormat.Unicode);
        Assert.DoesNotContain('↑', drawing.Split('┄')[0]);
        Assert.Contains("↓", drawing.Split("┄┄").Last(), StringComparison.Ordinal);
        Assert.Contains("←───→│ br0 ", drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void Containers_stand_beside_their_host_and_wires_cross_the_borders()
    {
        Assert.Equal(
            """
            +------------------------------------------------+----------------------------------+----------------------------------+
            |                      host                      |                c1                |                c2                |
            |                                                |                                  |                                  |
            |   +----------------------------------------+   |   +--------------------------+   |   +--------------------------+   |
            |   |         Network Protocol Stack         |   |   |  Network Protocol Stack  |   |   |  Network Protocol Stack  |   |
            |   +----------------------------------------+   |   +--------------------------+   |   +--------------------------+   |
            |                        ^                       |           ^                      |           ^                      |
            |........................|.......................|...........|......................|...........|......................|
            |                        v                       |           v                      |           v                      |
            |       +------+     +------+     +------+       |       +------+                   |       +------+                   |
            |       |      |     | .9.1 |     |      |       |       | .9.2 |                   |       | .9.3 |                   |
            |       +------+     +------+     +------+       |       +------+                   |       +------+                   |
            |       |veth1 |<--->| br0  |<--->|veth2 |       |       | eth0 |                   |       | eth0 |                   |
            |       +------+     +------+     +------+       |       +------+                   |       +------+                   |
            |           ^                         ^          |           ^                      |           ^                      |
            |           +-------------------------|----------------------+                      |           |                      |
            |                                     |          |                                  |           |                      |
            |                                     +---------------------------------------------------------+                      |
            |                                                |                                  |                                  |
            +------------------------------------------------+----------------------------------+----------------------------------+
             Addresses begin with 192.168

            """,
            Drawings.Draw(Docker(2), DrawingFormat.Ascii));
    }

    [Fact]
    public void Many_namespaces_alike_are_drawn_as_one()
    {
        var drawing = Drawings.Draw(Docker(200), DrawingFormat.Ascii);
        Assert.Contains("c1 and 199 alike", drawing, StringComparison.Ordinal);
        Assert.Contains("|veth1 x200|", drawing, StringComparison.Ordinal);
        Assert.Contains("|  .9.2   |", drawing, StringComparison.Ordinal);
        Assert.Contains("| .9.201  |", drawing, StringComparison.Ordinal);
        Assert.All(drawing.Split('\n'), line => Assert.InRange(line.Length, 0, 120));
    }

    [Fact]
    public void Namespaces_without_devices_are_drawn_as_one()
    {
        var view = new NetworkView([Host("host", Card("eth0", "10.0.0.1/8")), .. Enumerable.Range(1, 9).Select(i => Host($"empty{i}"))]);
        var drawing = Drawings.Draw(view, DrawingFormat.Ascii);
        Assert.Contains("empty1 and 8 alike", drawing, StringComparison.Ordinal);
        Assert.DoesNotContain("empty2", drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_of_several_kinds_are_each_drawn_as_one()
    {
        var view = Docker(9);
        view = new NetworkView([.. view.Namespaces, .. Enumerable.Range(1, 9).Select(i => Host($"empty{i}")), Host("last", Card("eth0", "192.168.0.1/16"))]);
        Assert.Equal(["host", "c1 and 8 alike", "empty1 and 8 alike", "last"], Folding.Fold(view).Namespaces.Select(n => n.Name));
        view = new NetworkView([.. Enumerable.Range(1, 9).Select(i => Host($"empty{i}")), .. Docker(9).Namespaces]);
        Assert.Equal(["empty1 and 8 alike", "host", "c1 and 8 alike"], Folding.Fold(view).Namespaces.Select(n => n.Name));
    }

    [Fact]
    public void Focus_leaves_the_routes_of_what_it_shows()
    {
        var view = new NetworkView([Host("host", Card("eth0", "10.0.0.1/8"), Card("eth1", "11.0.0.1/8")) with { Routes = ["default via 10.0.0.254 dev eth0 src 10.0.0.1", "11.0.0.0/8 dev eth1"] }]);
        Assert.Equal(["11.0.0.0/8 dev eth1"], Focus.On(view, "eth1").Find("host")!.Routes);
    }

    [Theory]
    [InlineData("c7")]
    [InlineData("veth7")]
    [InlineData("c7/eth0")]
    [InlineData("192.168.9.8")]
    public void Focus_leaves_one_thing_and_what_it_is_connected_to(string name)
    {
        var focused = Focus.On(Docker(200), name);
        Assert.Equal(["host: br0 veth7", "c7: eth0"], focused.Namespaces.Select(n => $"{n.Name}: {string.Join(' ', n.Devices.Select(d => d.Name))}"));
    }

    [Fact]
    public void Focus_on_a_bridge_leaves_its_ports_and_their_other_ends()
    {
        var view = Docker(3);
        view = new NetworkView([.. view.Namespaces, Host("other", Card("eth0"), Device("mac0", "macvlan") with { Lower = new("host", "br0") })]);
        Assert.Equal(
            ["host: br0 veth1 veth2 veth3", "c1: eth0", "c2: eth0", "c3: eth0", "other: mac0"],
            Focus.On(view, "br0").Namespaces.Select(n => $"{n.Name}: {string.Join(' ', n.Devices.Select(d => d.Name))}"));
    }

    [Theory]
    [InlineData("p1", "macvlan")]
    [InlineData("p1", "vxlan")]
    [InlineData("p2", "macvlan")]
    public void Focus_on_a_device_that_stands_on_one_end_of_a_pair_leaves_the_other_end_too(string home, string kind)
    {
        var upper = Device("upper", kind) with { Lower = new("p1", "e0") };
        NamespaceView[] namespaces = [Host("p1", Veth("e0", "p3/e1")), Host("p2"), Host("p3", Veth("e1", "p1/e0"), Card("eth0"))];
        var view = Focus.On(new NetworkView([.. namespaces.Select(n => n.Name == home ? n with { Devices = [.. n.Devices, upper] } : n)]), $"{home}/upper");
        Assert.Equal(["p1/e0", "p3/e1", $"{home}/upper"], view.Namespaces.SelectMany(n => n.Devices.Select(d => $"{n.Name}/{d.Name}")).OrderBy(d => d.Contains("upper", StringComparison.Ordinal)));
        Assert.Contains("upper", Drawings.Draw(view, DrawingFormat.Ascii), StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_of_a_pair_whose_other_end_went_away_during_the_reading_is_drawn() =>
        Assert.Contains(" e0 ", Drawings.Draw(new NetworkView([Host("p1", Veth("e0", "p3/e1")), Host("p3")]), DrawingFormat.Ascii), StringComparison.Ordinal);

    [Fact]
    public void Focus_on_a_namespace_without_devices_leaves_it_alone() =>
        Assert.Equal(["lonely"], Focus.On(new NetworkView([.. Docker(2).Namespaces, Host("lonely"), Host("empty")]), "lonely").Namespaces.Select(n => n.Name));

    [Fact]
    public void Focus_on_what_is_not_there_is_refused_in_one_sentence() =>
        Assert.Equal(
            "No namespace, device or address \"nobody\" is in the drawing; draw without --focus to see which are.",
            Assert.Throws<DrawingException>(() => Focus.On(Docker(1), "nobody")).Message);

    [Theory]
    [InlineData("tun")]
    [InlineData("veth")]
    public void Many_devices_alike_of_one_namespace_are_drawn_as_one(string kind)
    {
        var drawing = Drawings.Draw(new NetworkView([Host("host", [Device("br0", "bridge"), .. Enumerable.Range(0, 500).Select(i => Device($"port{i}", kind).On("br0"))])]), DrawingFormat.Ascii);
        Assert.Contains("|port0 x500|", drawing, StringComparison.Ordinal);
        Assert.DoesNotContain("port1", drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_another_one_stands_on_is_drawn_itself()
    {
        var view = new NetworkView([Host("host", [.. Enumerable.Range(0, 9).Select(i => Card($"eth{i}")), Device("mac0", "macvlan") with { Lower = new("host", "eth4") }])]);
        Assert.Equal(["eth0 x8", "eth4 x1", "mac0 x1"], Folding.Fold(view).Find("host")!.Devices.Select(d => $"{d.Name} x{d.Count}"));
    }

    [Fact]
    public void Pods_fold_though_each_has_an_idle_tunnel_device_or_stands_on_one_card()
    {
        var view = Docker(9);
        view = new NetworkView([.. view.Namespaces.Select(n => n.Name == "host" ? n : n with { Devices = [.. n.Devices, Device("tunl0", "ipip")] })]);
        Assert.Equal(["host", "c1 and 8 alike"], Folding.Fold(view).Namespaces.Select(n => n.Name));
        view = new NetworkView([Host("host", Card("eth0")), .. Enumerable.Range(1, 9).Select(i => Host($"m{i}", Device("eth0", "macvlan", $"10.0.0.{i}/8") with { Lower = new("host", "eth0") }))]);
        Assert.Equal(["host", "m1 and 8 alike"], Folding.Fold(view).Namespaces.Select(n => n.Name));
    }

    [Fact]
    public void A_bond_on_a_bridge_is_drawn_with_its_cards()
    {
        var view = new NetworkView([Host(
            "host",
            Card("eth0").On("bond0"),
            Card("eth1").On("bond0"),
            Device("bond0", "bond").On("br0"),
            Device("br0", "bridge", "10.0.0.1/8"),
            Device("tap0", "tun").On("br0"))]);
        Assert.Equal(
            """
            +------------------------------------------------------------------------+
            |                                  host                                  |
            |                                                                        |
            |   +----------------------------------------------------------------+   |
            |   |                     Network Protocol Stack                     |   |
            |   +----------------------------------------------------------------+   |
            |                                                ^                       |
            |................................................|.......................|
            |                                                v                       |
            |       +------+    +------+    +------+    +--------+    +------+       |
            |       |      |    |      |    |      |    |10.0.0.1|    |      |       |
            |       +------+    +------+    +------+    +--------+    +------+       |
            |       | eth0 |    |bond0 |    | eth1 |    |  br0   |    | tap0 |       |
            |       +------+    +------+    +------+    +--------+    +------+       |
            |         |  ^        |  |        |  ^        |             |            |
            |         +==|========|==+========+  |        |             |            |
            |            |        |              |        |             |            |
            |            |        +==============|========+=============+            |
            |            |                       |                                   |
            +------------|-----------------------|-----------------------------------+
                         v                       v
                             Physical Network

            """,
            Drawings.Draw(view, DrawingFormat.Ascii));
    }

    [Theory]
    [InlineData(DrawingFormat.Unicode, "├───────────┘", "├───────────────────────┘")]
    [InlineData(DrawingFormat.Ascii, "+-----------+", "+-----------------------+")]
    public void Two_devices_that_stand_on_one_share_its_line(DrawingFormat format, string first, string second)
    {
        var lower = new DeviceName("host", "eth0");
        var drawing = Drawings.Draw(new NetworkView([Host("host", Card("eth0"), Device("mac0", "macvlan") with { Lower = lower }, Device("mac1", "macvlan") with { Lower = lower })]), format);
        Assert.Contains(first, drawing, StringComparison.Ordinal);
        Assert.Contains(second, drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_steer_a_terminal_or_break_an_svg()
    {
        var view = new NetworkView([Host("a\u001b[2Jb", Card("x\u0007y", "10.0.0.1/8")) with { Routes = ["default dev x\u0007y"] }]);
        var drawing = Drawings.Draw(view, DrawingFormat.Ascii);
        Assert.DoesNotContain(drawing, c => char.IsControl(c) && c != '\n');
        Assert.Contains("a?[2Jb", drawing, StringComparison.Ordinal);
        Assert.NotNull(System.Xml.Linq.XDocument.Parse(Drawings.Draw(view, DrawingFormat.Svg)));
    }

    [Fact]
    public void A_drawing_too_wide_for_the_terminal_comes_with_advice()
    {
        var drawing = Drawings.Draw(Docker(2), DrawingFormat.Unicode);
        Assert.Null(Drawings.Advice(drawing, 120));
        Assert.StartsWith("The drawing is 120 columns wide and the terminal 119: ", Drawings.Advice(drawing, 119), StringComparison.Ordinal);
    }

    [Fact]
    public void Chinese_names_leave_the_borders_where_they_are()
    {
        var lines = Drawings.Draw(new NetworkView([Host("容器一", Card("网卡", "10.0.0.1/8"))]), DrawingFormat.Ascii).Split('\n');
        // Each of the characters takes two cells.
        Assert.Equal(lines[0].Length - "容器一".Length, lines[1].Length);
        Assert.Contains("|  网卡  |", string.Join('\n', lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bridge_with_more_than_two_ports_has_a_line_beneath_them()
    {
        var drawing = Drawings.Draw(Docker(3), DrawingFormat.Ascii);
        Assert.Contains("+===========+==|========+==|========+", drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void Wires_that_would_lie_on_each_other_take_tracks_of_their_own()
    {
        var view = new NetworkView([
            Host("a", Veth("x", "b/x"), Veth("y", "b/y")),
            Host("b", Veth("x", "a/x"), Veth("y", "a/y"))]);
        var wires = PictureLayout.Of(view).Shapes.OfType<WireShape>().Where(w => w.Corners.Count == 4).ToList();
        Assert.Equal(2, wires.Select(w => w.Corners[1].Y).Distinct().Count());
    }

    [Fact]
    public void Svg_escapes_names_and_is_well_formed()
    {
        var svg = System.Xml.Linq.XDocument.Parse(Drawings.Draw(new NetworkView([Host("a<b&c", Card("eth0", "10.0.0.1/8"))]), DrawingFormat.Svg));
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "text" && e.Value == "a<b&c");
    }

    [Fact]
    public void Svg_draws_the_lines_through_one_cell_too() =>
        Assert.DoesNotMatch(@"d=""M(\d+ \d+)L\1""", Drawings.Draw(Docker(1), DrawingFormat.Svg));

    [Fact]
    public void Json_has_every_device_unfolded()
    {
        using var json = System.Text.Json.JsonDocument.Parse(Drawings.Draw(Docker(200), DrawingFormat.Json));
        Assert.Equal(201, json.RootElement.GetProperty("namespaces").GetArrayLength());
        Assert.Equal("192.168.9.1", json.RootElement.GetProperty("namespaces")[0].GetProperty("devices")[0].GetProperty("addresses")[0].GetProperty("address").GetString());
    }

    [Fact]
    public void Routes_stand_beneath_the_drawing() =>
        Assert.EndsWith(
            "\nRoutes of host:\n  default via 10.0.0.254 dev eth0\n",
            Drawings.Draw(new NetworkView([Host("host", Card("eth0", "10.0.0.1/8")) with { Routes = ["default via 10.0.0.254 dev eth0"] }]), DrawingFormat.Ascii),
            StringComparison.Ordinal);

    /// <summary>A host with a bridge and a number of containers on it.</summary>
    private static NetworkView Docker(int containers)
    {
        var numbers = Enumerable.Range(1, containers).ToList();
        return new NetworkView([
            Host("host", [Device("br0", "bridge", "192.168.9.1/24"), .. numbers.Select(i => Veth($"veth{i}", $"c{i}/eth0").On("br0"))]),
            .. numbers.Select(i => Host($"c{i}", Veth("eth0", $"host/veth{i}", $"192.168.9.{i + 1}/24")))]);
    }
}
