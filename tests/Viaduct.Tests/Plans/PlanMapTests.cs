using System.Net;
using Viaduct.Addressing;

namespace Viaduct.Tests.Plans;

public class PlanMapTests
{
    // viaduct plan --provider viaduct, at 100 columns.
    [Fact]
    public void Ranges_are_drawn_in_order_and_nested_as_they_are() => Assert.Equal(
        """
                                     172.20.0.0                             192.168.0.0
        the VPC      192.168.0.0/16                                       · ├────────────────────────────┤
          vSwitch a  192.168.0.0/19                                       · ├─────┤
          vSwitch b  192.168.64.0/19                                      ·               ├─────┤
        podCidr      172.20.0.0/16   ├───────┤
        serviceCidr  172.21.0.0/20            ├──────┤
        """.Split('\n').Length,
        Draw(ClusterPlan.Default).Count);

    [Fact]
    public void Two_ranges_in_conflict_have_crosses_in_the_same_columns()
    {
        var plan = ClusterPlan.Default with { ServiceCidr = IPNetwork.Parse("172.20.240.0/20") };
        var lines = Draw(plan);
        var (pods, services) = (lines.Single(l => l.Text.StartsWith("podCidr", StringComparison.Ordinal)), lines.Single(l => l.Text.StartsWith("serviceCidr", StringComparison.Ordinal)));
        Assert.True(pods.IsConflict && services.IsConflict);
        Assert.Equal(pods.Text.IndexOf('x', StringComparison.Ordinal), services.Text.IndexOf('x', StringComparison.Ordinal));
        Assert.Equal(pods.Text.LastIndexOf('x'), services.Text.LastIndexOf('x'));
        Assert.DoesNotContain(lines.Except([pods, services]), l => l.IsConflict);
    }

    [Fact]
    public void Thousands_of_ranges_are_a_short_map_with_the_conflicts_in_it()
    {
        var plan = ClusterPlan.Default with
        {
            OtherClusters = [.. Enumerable.Range(0, 5000).Select(i => new OtherClusterPlan($"c{i}") { PodCidr = IPNetwork.Parse("10.0.0.0/8").BlockAt(24, (uint)i) }), new("last") { PodCidr = IPNetwork.Parse("172.20.7.0/24") }],
        };
        var lines = Draw(plan);
        Assert.InRange(lines.Count, 10, 45);
        Assert.Contains(lines, l => l.IsConflict && l.Text.Contains("podCidr of cluster last", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Text.EndsWith("more ranges", StringComparison.Ordinal));
        Assert.All(lines, l => Assert.InRange(l.Text.Length, 0, 140));
    }

    [Fact]
    public void The_picture_shows_zones_with_their_vSwitches_and_the_nodes_blocks()
    {
        var picture = string.Join('\n', PlanPicture.Draw(ClusterPlan.Default));
        foreach (var part in (string[])["VPC 192.168.0.0/16", "zone a", "zone b", "vSwitch 192.168.64.0/19", "cni0 172.20.0.1/24", "cni0 172.20.1.1/24", "172.21.0.0/20"])
            Assert.Contains(part, picture, StringComparison.Ordinal);
        Assert.Single(PlanPicture.Draw(ClusterPlan.Default).Take(10).Select(l => l.Length).Distinct());
    }

    private static IReadOnlyList<MapLine> Draw(ClusterPlan plan) => PlanMap.Draw(plan, PlanChecker.Check(plan), 100);
}
