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
    public void Each_host_has_an_address_of_each_family()
    {
        var plan = UnderlayPlan.From(new ClusterSettings { Nodes = 3, IpFamily = "dual" }.ToSpec("x"));
        Assert.Equal(
            ["192.168.0.2 fd00:c0a8:0:a::2", "192.168.0.3 fd00:c0a8:0:a::3", "192.168.64.2 fd00:c0a8:0:b::2", "192.168.0.4 fd00:c0a8:0:a::4"],
            plan.Nodes.Prepend(plan.ControlPlane).Select(h => string.Join(' ', h.Addresses)));
        Assert.Equal(["fd00:c0a8:0:a::1", "fd00:c0a8:0:b::1"], plan.VSwitches.Select(v => v.Gateways[1].ToString()));
    }

    [Fact]
    public void A_vSwitch_that_is_full_is_named()
    {
        var spec = new ClusterSpec { Name = "x", Nodes = 5, VSwitches = [new("a", "192.168.0.0/29")] };
        Assert.Equal(
            "The vSwitch 192.168.0.0/29 has no address left for the nodes; give it a larger range or ask for fewer nodes.",
            Assert.Throws<ClusterException>(() => UnderlayPlan.From(spec)).Message);
        Assert.Equal(4, UnderlayPlan.From(spec with { Nodes = 4 }).Nodes.Count);
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
