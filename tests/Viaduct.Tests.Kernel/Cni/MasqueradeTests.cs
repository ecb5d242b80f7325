using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Kernel.Cni;

public sealed class MasqueradeTests : IDisposable
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "viaduct-cni-net1");

    private readonly CniNode _node = new();
    private readonly NetNamespace _outside = NetNamespace.Create();

    public void Dispose()
    {
        _outside.Dispose();
        _node.Dispose();
    }

    [Fact]
    public void Traffic_that_leaves_has_the_nodes_address_and_other_traffic_the_pods()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        Cable();
        _node.Add("pod1", path, _node.Config(",\"ipMasq\":true,\"nonMasqueradeCIDRs\":[\"192.168.9.0/24\",\"10.77.0.0/16\"]"));
        Assert.Equal("203.0.113.1:x", Exchange.Udp(pod, _outside, "203.0.113.10"));
        Assert.Equal("10.77.0.2:x", Exchange.Udp(pod, _outside, "192.168.9.10"));
    }

    [Fact]
    public void Delete_removes_the_pods_element_and_a_late_delete_spares_the_next_owner()
    {
        var (path, pod) = _node.MakePod("p1");
        var (path2, pod2) = _node.MakePod("p2");
        using var _ = pod;
        using var __ = pod2;
        var config = _node.Config(",\"ipMasq\":true", subnet: "10.77.0.0/30");
        _node.Add("pod1", path, config);
        Assert.Equal(["10.77.0.2"], Pods());
        _node.Delete("pod1", path, config);
        Assert.Empty(Pods());
        _node.Add("pod2", path2, config);
        _node.Delete("pod1", path, config);
        Assert.Equal(["10.77.0.2"], Pods());
    }

    [Fact]
    public void A_changed_list_of_networks_is_taken_over_and_the_rule_stays_one()
    {
        var (path, pod) = _node.MakePod("p1");
        var (path2, pod2) = _node.MakePod("p2");
        using var _ = pod;
        using var __ = pod2;
        _node.Add("pod1", path, _node.Config(",\"ipMasq\":true,\"nonMasqueradeCIDRs\":[\"192.168.0.0/16\"]"));
        _node.Add("pod2", path2, _node.Config(",\"ipMasq\":true,\"nonMasqueradeCIDRs\":[\"172.16.0.0/12\"]"));
        using var nft = NftClient.In(_node.Node);
        Assert.Single(nft.ListRules(Table));
        Assert.Equal(["10.77.0.2", "10.77.0.3"], Pods());
        var starts = nft.ListElements(Table, "direct").Where(e => !e.IsIntervalEnd).Select(e => new IPAddress(e.Key.Span).ToString()).Order();
        Assert.Equal(["10.77.0.0", "172.16.0.0", "224.0.0.0"], starts);
    }

    private List<string> Pods()
    {
        using var nft = NftClient.In(_node.Node);
        return nft.ListElements(Table, "pods").Select(e => new IPAddress(e.Key.Span).ToString()).Order().ToList();
    }

    private void Cable()
    {
        using var onNode = RouteClient.In(_node.Node);
        using var outside = RouteClient.In(_outside);
        onNode.AddLink(new VethSpec { Name = "up0", PeerName = "eth0", PeerNamespace = _outside, Up = true });
        var (up, eth0) = (onNode.GetLink("up0").Index, outside.GetLink("eth0").Index);
        outside.SetLink(eth0, new LinkChange { Up = true });
        foreach (var (node, host) in new[] { ("203.0.113.1", "203.0.113.10"), ("192.168.9.1", "192.168.9.10") })
        {
            onNode.AddAddress(new AddressSpec { LinkIndex = up, Address = IPAddress.Parse(node), PrefixLength = 24 });
            outside.AddAddress(new AddressSpec { LinkIndex = eth0, Address = IPAddress.Parse(host), PrefixLength = 24 });
        }
        outside.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.77.0.0/16"), Gateway = IPAddress.Parse("203.0.113.1") });
    }
}
