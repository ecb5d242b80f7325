using System.Net;
using System.Text.Json;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Tests.Kernel.Cni;

public sealed class BridgePluginTests : IDisposable
{
    private readonly CniNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Add_cables_the_pod_as_the_result_says()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        var result = _node.Add("pod1", path);
        using var onNode = RouteClient.In(_node.Node);
        using var inPod = RouteClient.In(pod);

        var bridge = onNode.GetLink("cni0");
        var host = onNode.GetLink(result.GetProperty("interfaces")[1].GetProperty("name").GetString()!);
        var eth0 = inPod.GetLink("eth0");
        Assert.Equal(("bridge", true), (bridge.Kind, bridge.IsUp));
        Assert.Equal((bridge.Index, eth0.Index, true, 1400), (host.Master!.Value, host.LinkIndex!.Value, host.HairpinMode!.Value, host.Mtu));
        Assert.Equal((true, 1400), (eth0.IsUp, eth0.Mtu));
        Assert.Equal([bridge.Address.ToString(), host.Address.ToString(), eth0.Address.ToString()], result.GetProperty("interfaces").EnumerateArray().Select(i => i.GetProperty("mac").GetString()));
        Assert.Equal(path, result.GetProperty("interfaces")[2].GetProperty("sandbox").GetString());

        Assert.Equal("10.77.0.2/24", result.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Contains(new AddressInfo { LinkIndex = eth0.Index, Address = IPAddress.Parse("10.77.0.2"), PrefixLength = 24 }, inPod.ListAddresses(eth0.Index));
        Assert.Contains(new AddressInfo { LinkIndex = bridge.Index, Address = IPAddress.Parse("10.77.0.1"), PrefixLength = 24 }, onNode.ListAddresses(bridge.Index));
        Assert.Equal(IPAddress.Parse("10.77.0.1"), Assert.Single(inPod.ListRoutes(), r => r.IsDefault).Gateway);
        Assert.Equal("1", _node.Node.Run(() => Sysctl.Read("net.ipv4.ip_forward")));
        Assert.Equal("1", pod.Run(() => Sysctl.Read("net.ipv4.conf.eth0.arp_notify")));
    }

    [Fact]
    public void Pods_reach_each_other_and_the_bridge_keeps_its_hardware_address()
    {
        var (path1, pod1) = _node.MakePod("p1");
        var (path2, pod2) = _node.MakePod("p2");
        using var _ = pod1;
        using var __ = pod2;
        _node.Add("pod1", path1);
        using var onNode = RouteClient.In(_node.Node);
        var before = onNode.GetLink("cni0").Address;
        _node.Add("pod2", path2);
        Assert.Equal("10.77.0.2:x", Exchange.Udp(pod1, pod2, "10.77.0.3"));
        _node.Delete("pod1", path1);
        _node.Delete("pod2", path2);
        Assert.Equal(before, onNode.GetLink("cni0").Address);
    }

    [Fact]
    public void Delete_takes_everything_back_and_can_be_repeated()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        _node.Add("pod1", path);
        _node.Delete("pod1", path);
        _node.Delete("pod1", path);
        AssertNothingLeft();
        using var inPod = RouteClient.In(pod);
        Assert.Null(inPod.FindLink("eth0"));
    }

    [Fact]
    public void Delete_works_when_the_namespace_is_gone()
    {
        var (path, pod) = _node.MakePod("p1");
        _node.Add("pod1", path);
        NetNamespace.Unbind(path);
        _node.Delete("pod1", path);
        pod.Dispose();
        _node.Delete("pod1", "");
        AssertNothingLeft();
    }

    [Fact]
    public void Delete_of_what_was_never_added_is_no_error() => _node.Delete("nobody", "");

    [Fact]
    public void A_second_add_of_the_same_attachment_is_refused_and_harms_nothing()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        _node.Add("pod1", path);
        var error = _node.Fail("ADD", "pod1", path);
        Assert.Equal(102, error.GetProperty("code").GetInt32());
        Assert.Contains("10.77.0.2 has been allocated", error.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_node.NetworkDirectory, "10.77.0.2")));
    }

    [Fact]
    public void A_failed_add_takes_back_what_it_did()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        using (var inPod = RouteClient.In(pod))
            inPod.AddLink(new BridgeSpec { Name = "eth0" });
        var error = _node.Fail("ADD", "pod1", path);
        Assert.Contains("eth0 already exists", error.GetProperty("msg").GetString(), StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void An_add_that_fails_at_the_routes_takes_back_cable_and_address()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        var config = _node.Config().Replace("\"dataDir\"", "\"routes\":[{\"dst\":\"10.1.0.0/16\",\"gw\":\"10.200.0.1\"}],\"dataDir\"", StringComparison.Ordinal);
        var error = _node.Fail("ADD", "pod1", path, config);
        Assert.Contains("Nexthop has invalid gateway", error.GetProperty("msg").GetString(), StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void A_default_route_in_ipam_and_isDefaultGateway_do_not_collide()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        _node.Add("pod1", path, _node.Config().Replace("\"dataDir\"", "\"routes\":[{\"dst\":\"0.0.0.0/0\"}],\"dataDir\"", StringComparison.Ordinal));
        using var inPod = RouteClient.In(pod);
        Assert.Single(inPod.ListRoutes(), r => r.IsDefault);
    }

    [Fact]
    public void The_plugins_own_namespace_is_refused_as_the_containers()
    {
        var error = _node.Fail("ADD", "pod1", "/proc/thread-self/ns/net");
        Assert.Equal(8, error.GetProperty("code").GetInt32());
        Assert.Equal(8, _node.Fail("ADD", "pod1", "/no/such/netns").GetProperty("code").GetInt32());
        AssertNothingLeft();
    }

    [Fact]
    public void A_full_range_is_refused_and_a_deleted_pod_makes_room()
    {
        var (path, pod) = _node.MakePod("p1");
        var (path2, pod2) = _node.MakePod("p2");
        using var _ = pod;
        using var __ = pod2;
        var config = _node.Config(subnet: "10.77.0.0/30");
        _node.Add("pod1", path, config);
        Assert.Contains("no addresses available", _node.Fail("ADD", "pod2", path2, config).GetProperty("msg").GetString(), StringComparison.Ordinal);
        _node.Delete("pod1", path, config);
        Assert.Equal("10.77.0.2/30", _node.Add("pod2", path2, config).GetProperty("ips")[0].GetProperty("address").GetString());
    }

    [Fact]
    public void Many_adds_at_once_all_get_their_own_address()
    {
        var pods = Enumerable.Range(0, 12).Select(i => _node.MakePod($"p{i}")).ToArray();
        var addresses = new string[pods.Length];
        Parallel.For(0, pods.Length, i => addresses[i] = _node.Add($"pod{i}", pods[i].Path).GetProperty("ips")[0].GetProperty("address").GetString()!);
        Assert.Equal(pods.Length, addresses.Distinct().Count());
        Parallel.For(0, pods.Length, i => _node.Delete($"pod{i}", pods[i].Path));
        AssertNothingLeft();
        foreach (var (_, pod) in pods)
            pod.Dispose();
    }

    [Fact]
    public void Older_versions_get_their_own_shape()
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        var result = _node.Add("pod1", path, _node.Config(version: "0.3.1"));
        Assert.Equal(("0.3.1", "4"), (result.GetProperty("cniVersion").GetString(), result.GetProperty("ips")[0].GetProperty("version").GetString()));
        Assert.Equal(JsonValueKind.Object, result.GetProperty("dns").ValueKind);
    }

    private void AssertNothingLeft()
    {
        using var onNode = RouteClient.In(_node.Node);
        Assert.DoesNotContain(onNode.ListLinks(), l => l.Kind == "veth");
        if (!Directory.Exists(_node.NetworkDirectory))
            return;
        Assert.DoesNotContain(Directory.GetFiles(_node.NetworkDirectory), f => IPAddress.TryParse(Path.GetFileName(f), out var _));
        Assert.Empty(Directory.GetFiles(Path.Combine(_node.NetworkDirectory, ".attachments")));
    }
}
