using System.Net;
using Viaduct.Addressing;

namespace Viaduct.Tests.Addressing;

public class ClusterPlanTests
{
    [Fact]
    public void The_default_plan_is_right() => Assert.Empty(ClusterPlan.Default.Validate());

    [Fact]
    public void The_default_plan_has_room_for_256_nodes_and_no_more()
    {
        Assert.Empty((ClusterPlan.Default with { Nodes = 256 }).Validate());
        Assert.Equal(["podCidr"], Fields(ClusterPlan.Default with { Nodes = 257 }));
    }

    [Fact]
    public void A_pod_range_too_small_says_how_many_nodes_it_holds_and_which_would_do()
    {
        var finding = Assert.Single((ClusterPlan.Default with { PodCidr = Block("172.20.0.0/23"), Nodes = 10 }).Validate());
        Assert.Equal(
            "podCidr: there is room for 2 nodes (blocks of /24 in podCidr 172.20.0.0/23), but 10 are asked for; use a /20 or larger range, or a longer nodeMask.",
            finding.ToString());
    }

    public static TheoryData<string, string, ClusterPlan> Broken => new()
    {
        { "public VPC", "vpc", ClusterPlan.Default with { Vpc = Block("8.0.0.0/8"), VSwitches = [new("a", Block("8.0.0.0/19"))] } },
        { "VPC larger than the private range", "vpc", ClusterPlan.Default with { Vpc = Block("192.0.0.0/8"), Outside = Block("198.51.100.0/24") } },
        { "vSwitch outside", "vSwitches[1].cidr", ClusterPlan.Default with { VSwitches = [new("a", Block("192.168.0.0/19")), new("b", Block("10.0.0.0/19"))] } },
        { "vSwitches overlap", "vSwitches[1].cidr", ClusterPlan.Default with { VSwitches = [new("a", Block("192.168.0.0/18")), new("b", Block("192.168.32.0/19"))] } },
        { "no vSwitch", "vSwitches", ClusterPlan.Default with { VSwitches = [] } },
        { "vSwitch too small", "vSwitches[0].cidr", ClusterPlan.Default with { VSwitches = [new("a", Block("192.168.0.0/30"))], Nodes = 1 } },
        { "pods in a 172.16/12 VPC", "podCidr", ClusterPlan.Default with { Vpc = Block("172.16.0.0/12"), VSwitches = [new("a", Block("172.16.0.0/19"))], PodCidr = Block("172.17.0.0/16"), ServiceCidr = Block("10.0.0.0/20") } },
        { "pods and Services", "podCidr", ClusterPlan.Default with { ServiceCidr = Block("172.20.0.0/20") } },
        { "Services in the VPC", "serviceCidr", ClusterPlan.Default with { ServiceCidr = Block("192.168.240.0/20") } },
        { "Services too few", "serviceCidr", ClusterPlan.Default with { ServiceCidr = Block("172.21.0.0/30") } },
        { "pods on loopback", "podCidr", ClusterPlan.Default with { PodCidr = Block("127.0.0.0/16") } },
        { "pods where the outside is", "podCidr", ClusterPlan.Default with { PodCidr = Block("203.0.0.0/16") } },
        { "node mask too short", "nodeMask", ClusterPlan.Default with { NodeMask = 12 } },
        { "node mask too long", "nodeMask", ClusterPlan.Default with { NodeMask = 31 } },
        { "no node", "nodes", ClusterPlan.Default with { Nodes = 0 } },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_plan_is_told_by_its_field(string why, string field, ClusterPlan plan) =>
        Assert.True(Fields(plan).SequenceEqual([field]), $"{why}: {string.Join("; ", plan.Validate())}");

    private static IEnumerable<string> Fields(ClusterPlan plan) => plan.Validate().Select(f => f.Field);

    private static IPNetwork Block(string text) => IPNetwork.Parse(text);
}
