using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Node.Network;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Node;

public class PodRoutesTests
{
    private static readonly IPAddress s_router = IPAddress.Parse("192.168.0.1");

    [Fact]
    public void A_node_reaches_neighbours_directly_and_other_vswitches_through_the_router()
    {
        KubeNode[] nodes = [Node("node-1", "192.168.0.3", "172.20.0.0/24"), Node("node-2", "192.168.0.4", "172.20.1.0/24"), Node("node-3", "192.168.64.3", "172.20.2.0/24")];
        var routes = PodRouteSet.Desired(nodes, "node-1", [IPNetwork.Parse("192.168.0.0/19")], s_router);
        Assert.Equal([Route("172.20.1.0/24", "192.168.0.4"), Route("172.20.2.0/24", "192.168.0.1")], routes);
    }

    [Fact]
    public void A_router_reaches_all_nodes_directly_and_leaves_out_what_is_not_on_link()
    {
        KubeNode[] nodes = [Node("node-1", "192.168.0.3", "172.20.0.0/24"), Node("node-2", "192.168.64.3", "172.20.1.0/24"), Node("lost", "10.0.0.1", "172.20.2.0/24")];
        var routes = PodRouteSet.Desired(nodes, null, [IPNetwork.Parse("192.168.0.0/19"), IPNetwork.Parse("192.168.64.0/19")], null);
        Assert.Equal([Route("172.20.0.0/24", "192.168.0.3"), Route("172.20.1.0/24", "192.168.64.3")], routes);
    }

    [Fact]
    public void A_node_without_address_or_range_has_no_route()
    {
        KubeNode[] nodes = [Node("a", null, "172.20.0.0/24"), Node("b", "192.168.0.4", null), Node("c", "192.168.0.5", "not a range")];
        Assert.Empty(PodRouteSet.Desired(nodes, "me", [IPNetwork.Parse("192.168.0.0/19")], s_router));
    }

    [Fact]
    public void Equal_sets_need_no_change()
    {
        PodRoute[] routes = [Route("172.20.1.0/24", "192.168.0.4"), Route("172.20.2.0/24", "192.168.0.1")];
        Assert.True(PodRoutes.Plan(routes, [.. routes.Reverse()]).IsEmpty);
    }

    [Fact]
    public void A_changed_gateway_is_replaced_and_a_stale_route_removed()
    {
        var plan = PodRoutes.Plan(
            [Route("172.20.1.0/24", "192.168.0.5"), Route("172.20.3.0/24", "192.168.0.6")],
            [Route("172.20.1.0/24", "192.168.0.4"), Route("172.20.2.0/24", "192.168.0.1")]);
        Assert.Equal([Route("172.20.1.0/24", "192.168.0.5"), Route("172.20.3.0/24", "192.168.0.6")], plan.Replace);
        Assert.Equal([Route("172.20.2.0/24", "192.168.0.1")], plan.Delete);
    }

    private static PodRoute Route(string destination, string gateway) => new(IPNetwork.Parse(destination), IPAddress.Parse(gateway));

    private static KubeNode Node(string name, string? address, string? podCidr) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new NodeSpec { PodCIDR = podCidr },
        Status = new NodeStatus { Addresses = address is null ? null : [new NodeAddress { Type = "InternalIP", Address = address }] },
    };
}
