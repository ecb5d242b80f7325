using System.Net;
using Viaduct.Addressing;
using Viaduct.Controllers.NodeIpam;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

public class NodeBlocksTests
{
    private readonly NodeBlocks _blocks = new(new NodeCidrOwners([new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/23"), 24)]));

    [Fact]
    public void A_node_keeps_its_block_however_often_it_is_looked_at()
    {
        var first = _blocks.Decide("a", Make.Node("a")).Assign;
        Assert.Equal(first, _blocks.Decide("a", Make.Node("a")).Assign); // the write was lost
        Assert.Equal(new NodeBlockDecision(), _blocks.Decide("a", Make.Node("a", podCidr: Assert.Single(first!).ToString())));
        Assert.NotEqual(first, _blocks.Decide("b", Make.Node("b")).Assign);
    }

    [Fact]
    public void The_block_of_a_node_that_is_gone_is_free_again()
    {
        _blocks.Decide("a", Make.Node("a"));
        _blocks.Decide("b", Make.Node("b"));
        var refused = _blocks.Decide("c", Make.Node("c"));
        Assert.True(refused.Exhausted);
        Assert.Equal("podCidr 172.20.0.0/23 has 2 blocks of /24 and all are in use: the node gets no pod addresses.", refused.Problem);
        Assert.True(_blocks.Decide("a", null).Freed);
        Assert.Equal([IPNetwork.Parse("172.20.0.0/24")], _blocks.Decide("c", Make.Node("c")).Assign);
    }

    [Theory]
    [InlineData("172.20.0.0/24", "Node b has pod block 172.20.0.0/24, which node a has too; delete one of the nodes.")]
    [InlineData("10.0.0.0/24", "Node b has pod block 10.0.0.0/24, which is no /24 block of podCidr 172.20.0.0/23.")]
    [InlineData("172.20.0.0/25", "Node b has pod block 172.20.0.0/25, which shares 172.20.0.0/24 with node a; delete one of the nodes.")]
    [InlineData("172.20.1.0/25", "Node b has pod block 172.20.1.0/25, which is no /24 block of podCidr 172.20.0.0/23.")]
    [InlineData("172.20.1.0", "Node b: spec.podCIDRs \"172.20.1.0\" is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56.")]
    public void A_block_that_cannot_be_the_nodes_is_told(string cidr, string problem)
    {
        _blocks.Decide("a", Make.Node("a"));
        Assert.Equal(problem, _blocks.Decide("b", Make.Node("b", podCidr: cidr)).Problem);
        _blocks.Decide("b", null);
        Assert.Equal([IPNetwork.Parse("172.20.1.0/24")], _blocks.Decide("c", Make.Node("c")).Assign);
    }

    [Fact]
    public void A_block_of_two_nodes_is_free_when_both_are_gone()
    {
        _blocks.Decide("a", Make.Node("a"));
        _blocks.Decide("b", Make.Node("b", podCidr: "172.20.0.0/24"));
        Assert.False(_blocks.Decide("a", null).Freed);
        Assert.Equal([IPNetwork.Parse("172.20.1.0/24")], _blocks.Decide("c", Make.Node("c")).Assign);
        Assert.True(_blocks.Decide("d", Make.Node("d")).Exhausted);
        Assert.True(_blocks.Decide("b", null).Freed);
        Assert.Equal([IPNetwork.Parse("172.20.0.0/24")], _blocks.Decide("d", Make.Node("d")).Assign);
    }

    [Fact]
    public void After_a_restart_the_next_block_is_one_behind_that_of_the_youngest_node()
    {
        var blocks = Dual();
        KubeNode At(string name, int hour, params string[] cidrs) => Make.Node(name) with
        {
            Metadata = new ObjectMeta { Name = name, CreationTimestamp = new DateTimeOffset(2026, 1, 1, hour, 0, 0, TimeSpan.Zero) },
            Spec = new NodeSpec { PodCIDR = cidrs[0], PodCIDRs = cidrs },
        };
        Assert.All(
            blocks.Restore([At("b", 2, "172.20.1.0/24", "fd00:20:0:1::/64"), At("a", 1, "172.20.2.0/24", "fd00:20:0:2::/64")]).ToList(),
            r => Assert.Null(r.Decision.Problem));
        Assert.Equal(Blocks("172.20.3.0/24", "fd00:20:0:3::/64"), blocks.Decide("c", Make.Node("c")).Assign);
    }

    [Fact]
    public void A_node_of_a_dual_stack_cluster_gets_a_block_of_each_family_or_none()
    {
        var blocks = Dual();
        Assert.Equal(Blocks("172.20.0.0/24", "fd00:20::/64"), blocks.Decide("n0", Make.Node("n0")).Assign);
        for (var i = 1; i < 4; i++)
            blocks.Decide($"n{i}", Make.Node($"n{i}"));
        var refused = blocks.Decide("late", Make.Node("late"));
        Assert.Equal((null, true), (refused.Assign, refused.Exhausted));
        Assert.StartsWith("podCidr 172.20.0.0/22 has 4 blocks of /24 and all are in use", refused.Problem, StringComparison.Ordinal);
    }

    private static NodeBlocks Dual() =>
        new(new NodeCidrOwners([new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/22"), 24), new NodeCidrAllocator(IPNetwork.Parse("fd00:20::/56"), 64)]));

    private static IPNetwork[] Blocks(params string[] texts) => [.. texts.Select(IPNetwork.Parse)];
}
