using Viaduct.Cluster;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;

namespace Viaduct.Tests.Cluster;

public class UnderlayPlanTests
{
    [Fact]
    public void Nodes_go_round_the_zones_and_the_control_plane_is_the_first_host()
    {
        var plan = UnderlayPlan.From(new ClusterSpec { Name = "x", Nodes = 3 });

        Assert.Equal("192.168.0.2", plan.ControlPlane.Address.ToString());
        Assert.Equal(
            [("node-1", "a", "192.168.0.3"), ("node-2", "b", "192.168.64.2"), ("node-3", "a", "192.168.0.4")],
            plan.Nodes.Select(n => (n.Name, n.VSwitch.Zone, n.Address.ToString())));
        Assert.Equal(["192.168.0.1", "192.168.64.1"], plan.VSwitches.Select(v => v.Gateways[0].ToString()));
    }

    [Fact]
    public void No_two_hosts_share_an_address()
    {
        var plan = UnderlayPlan.From(new ClusterSpec { Name = "x", Nodes = 300 });
        var addresses = plan.Nodes.Append(plan.ControlPlane).Select(h => h.Address).Concat(plan.VSwitches.Select(v => v.Gateways[0])).ToArray();
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        Assert.All(plan.Nodes, n => Assert.True(n.VSwitch.Networks.Primary.Contains(n.Address)));
    }

    [Fact]
    public void A_range_that_is_no_CIDR_is_named()
    {
        var e = Assert.Throws<ClusterException>(() => new ClusterSpec { Name = "x", PodCidr = "172.20.0.0" + "/33" }.ToPlan());
        Assert.Contains("podCidr: \"172.20.0.0/33\"", e.Message);
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("-x")]
    [InlineData("a/b")]
    [InlineData("")]
    public void A_cluster_name_that_is_no_DNS_label_is_refused(string name) =>
        Assert.Contains("not usable", Assert.Throws<ClusterException>(() => ClusterPaths.For(name)).Message);
}
