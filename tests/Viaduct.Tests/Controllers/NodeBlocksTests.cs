using System.Net;
using Viaduct.Addressing;
using Viaduct.Controllers.NodeIpam;

namespace Viaduct.Tests.Controllers;

public class NodeBlocksTests
{
    private readonly NodeBlocks _blocks = new(new NodeCidrAllocator(IPNetwork.Parse("172.20.0.0/23"), 24));

    [Fact]
    public void A_node_keeps_its_block_however_often_it_is_looked_at()
    {
        var first = _blocks.Decide("a", Make.Node("a")).Assign;
        Assert.Equal(first, _blocks.Decide("a", Make.Node("a")).Assign); // the write was lost
        Assert.Equal(new NodeBlockDecision(), _blocks.Decide("a", Make.Node("a", podCidr: first.ToString())));
        Assert.NotEqual(first, _blocks.Decide("b", Make.Node("b")).Assign);
    }

    [Fact]
    public void The_block_of_a_node_that_is_gone_is_free_again()
    {
        _blocks.Decide("a", Make.Node("a"));
        _blocks.Decide("b", Make.Node("b"));
        var refused = _blocks.Decide("c", Make.Node("c"));
        Assert.True(refused.Exhausted);
        Assert.Equal("podCIDR 172.20.0.0/23 has 2 blocks of /24 and all are in use: the node gets no pod addresses.", refused.Problem);
        Assert.True(_blocks.Decide("a", null).Freed);
        Assert.Equal(IPNetwork.Parse("172.20.0.0/24"), _blocks.Decide("c", Make.Node("c")).Assign);
    }

    [Theory]
    [InlineData("172.20.0.0/24", "Node b has spec.podCIDR 172.20.0.0/24, which node a has too; delete one of the nodes.")]
    [InlineData("10.0.0.0/24", "Node b has spec.podCIDR 10.0.0.0/24, which is no /24 block of podCIDR 172.20.0.0/23.")]
    [InlineData("172.20.0.0/25", "Node b has spec.podCIDR 172.20.0.0/25, which is no /24 block of podCIDR 172.20.0.0/23.")]
    public void A_block_that_cannot_be_the_nodes_is_told(string cidr, string problem)
    {
        _blocks.Decide("a", Make.Node("a"));
        Assert.Equal(problem, _blocks.Decide("b", Make.Node("b", podCidr: cidr)).Problem);
        Assert.False(_blocks.Decide("b", null).Freed);
    }
}
