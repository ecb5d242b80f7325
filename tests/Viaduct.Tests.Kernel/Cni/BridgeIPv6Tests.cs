using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Tests.Kernel.Node.Routing;

namespace Viaduct.Tests.Kernel.Cni;

/// <summary>The plugin with ranges of IPv6, alone and beside IPv4.</summary>
public sealed class BridgeIPv6Tests : IDisposable
{
    private readonly CniNode _node = new();

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData("""[{"subnet":"fd00:77::/64"}]""", "fd00:77::2/64")]
    [InlineData("""[{"subnet":"10.77.0.0/24"}],[{"subnet":"fd00:77::/64"}]""", "10.77.0.2/24 fd00:77::2/64")]
    public void A_pod_has_an_address_and_a_default_route_of_each_range_and_they_can_be_used_at_once(string ranges, string addresses)
    {
        var (path, pod) = _node.MakePod("p1");
        using var _ = pod;
        var result = _node.Add("pod1", path, Config(ranges));
        Assert.Equal(addresses, string.Join(' ', result.GetProperty("ips").EnumerateArray().Select(i => i.GetProperty("address").GetString())));
        using var inPod = RouteClient.In(pod);
        using var onNode = RouteClient.In(_node.Node);
        foreach (var address in addresses.Split(' ').Select(a => IPAddress.Parse(a.Split('/')[0])))
        {
            // Duplicate detection would hold an address back for a second: whoever binds to it then fails.
            pod.Run(() =>
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(address, 0));
            });
            var gateway = Assert.Single(inPod.ListRoutes(), r => r.IsDefault && r.Destination.BaseAddress.AddressFamily == address.AddressFamily).Gateway;
            Assert.Contains(onNode.ListAddresses(onNode.GetLink("cni0").Index), a => a.Address.Equals(gateway));
        }
        Assert.Equal("1", _node.Node.Run(() => Sysctl.Read("net.ipv6.conf.all.forwarding")));
    }

    [Fact]
    public async Task Pods_reach_each_other_over_IPv6_and_give_their_addresses_back()
    {
        const string ranges = """[{"subnet":"fd00:77::/126"}]""";
        var (path1, pod1) = _node.MakePod("p1");
        var (path2, pod2) = _node.MakePod("p2");
        using var _ = pod1;
        using var __ = pod2;
        _node.Add("pod1", path1, Config(ranges));
        _node.Add("pod2", path2, Config(ranges));
        Assert.Equal("fd00:77::2", (await PodTraffic.DatagramAsync(pod1, pod2, IPAddress.Parse("fd00:77::3"), 5000)).ToString());
        _node.Delete("pod1", path1, Config(ranges));
        _node.Delete("pod2", path2, Config(ranges));
        var (path3, pod3) = _node.MakePod("p3");
        using var ___ = pod3;
        Assert.StartsWith("fd00:77::", _node.Add("pod3", path3, Config(ranges)).GetProperty("ips")[0].GetProperty("address").GetString(), StringComparison.Ordinal);
    }

    private string Config(string ranges) => _node.Config().Replace("""[{"subnet":"10.77.0.0/24"}]""", ranges, StringComparison.Ordinal);
}
