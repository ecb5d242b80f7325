using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.NodeFacts;
using Viaduct.Proxy.Server.Sysctls;
using Viaduct.Tests.Fakes;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Proxy.Server;

public class NodeFactsTests
{
    private static readonly ImmutableArray<IPAddress> Dual = [IPAddress.Parse("10.0.0.5"), IPAddress.Parse("fd00::5")];

    [Theory]
    [InlineData("", "Node-1", "node-1")]
    [InlineData(" My.Node ", "x", "my.node")]
    public void The_name_is_lower_case(string overriding, string machine, string name) => Assert.Equal(name, Hostname.Of(overriding, machine));

    [Fact]
    public void Internal_addresses_go_before_external_ones_one_per_family()
    {
        var node = NodeWith("ExternalIP 1.2.3.4", "Hostname n", "InternalIP fd00::5", "InternalIP 10.0.0.5", "InternalIP 10.0.0.6");
        Assert.Equal([IPAddress.Parse("fd00::5"), IPAddress.Parse("10.0.0.5")], NodeAddresses.Of(node));
        Assert.Empty(NodeAddresses.Of((KubeNode?)null));
    }

    [Fact]
    public void A_bind_address_that_is_one_replaces_its_family()
    {
        Assert.Equal(Dual, NodeAddresses.WithBindAddress(IPAddress.Any, Dual));
        Assert.Equal([IPAddress.Parse("10.9.9.9"), Dual[1]], NodeAddresses.WithBindAddress(IPAddress.Parse("10.9.9.9"), Dual));
    }

    [Theory]
    [InlineData("10.0.0.5,fd00::5", true, "IPv4,IPv6")]
    [InlineData("10.0.0.5,fd00::5", false, "IPv4")]
    [InlineData("fd00::5", true, "IPv6")]
    [InlineData("10.0.0.5", true, "IPv4")]
    public void Families_are_those_of_the_addresses_that_the_kernel_has(string addresses, bool kernelHasIPv6, string families)
    {
        var identity = new NodeIdentity { Name = "n", Addresses = [.. addresses.Split(',').Select(IPAddress.Parse)] };
        Assert.Equal(families, string.Join(',', identity.Families(kernelHasIPv6)));
    }

    [Fact]
    public void Primary_is_the_nodes_address()
    {
        Assert.Equal([IPNetwork.Parse("10.0.0.5/32")], NodePortNetworks.Of(["primary"], Dual, IPFamily.IPv4));
        Assert.Equal([IPNetwork.Parse("fd00::5/128")], NodePortNetworks.Of(["primary"], Dual, IPFamily.IPv6));
    }

    [Fact]
    public void Node_ports_answer_on_the_primary_address_in_nftables_mode_and_everywhere_in_others_unless_somebody_chose()
    {
        var nobody = ProxyConfiguration.Default;
        Assert.Equal(["primary"], nobody.NodePortAddresses);
        Assert.Equal(["primary"], nobody.With("mode", "nftables").NodePortAddresses);
        Assert.All((string[])["iptables", "ipvs", "userspace"], mode => Assert.Empty(nobody.With("mode", mode).NodePortAddresses));
        Assert.Equal(["10.0.0.0/8"], nobody.With("mode", "iptables").With("nodePortAddresses", ImmutableArray.Create("10.0.0.0/8")).NodePortAddresses);
        Assert.Empty(NodePortNetworks.Of([], Dual, IPFamily.IPv4));
    }

    [Fact]
    public void A_family_that_nothing_is_said_of_answers_everywhere()
    {
        Assert.Empty(NodePortNetworks.Of(["10.0.0.0/8"], Dual, IPFamily.IPv6));
        Assert.Empty(NodePortNetworks.Of(["primary"], [IPAddress.Loopback], IPFamily.IPv4));
        Assert.Empty(NodePortNetworks.Of(["primary"], [Dual[0]], IPFamily.IPv6));
        Assert.Empty(NodePortNetworks.Of(["10.0.0.0/8", "0.0.0.0/0"], Dual, IPFamily.IPv4));
    }

    [Fact]
    public void Servers_of_node_ports_listen_where_node_ports_answer()
    {
        IPAddress[] local = [IPAddress.Loopback, IPAddress.Parse("10.0.0.5"), IPAddress.Parse("192.168.0.1"), IPAddress.Parse("fd00::5")];
        Assert.Equal([IPAddress.Any], NodePortNetworks.ToListenOn([], IPFamily.IPv4, () => local));
        Assert.Equal([IPAddress.IPv6Any], NodePortNetworks.ToListenOn([], IPFamily.IPv6, () => local));
        Assert.Equal([IPAddress.Parse("10.0.0.5")], NodePortNetworks.ToListenOn([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8")], IPFamily.IPv4, () => local));
    }

    [Fact]
    public void A_detector_has_the_first_network_of_its_family()
    {
        var configuration = ProxyConfiguration.Default.With("clusterCIDR", "fd00::/56,10.244.0.0/16");
        Assert.Equal(new LocalDetector.Cidr(IPNetwork.Parse("10.244.0.0/16")), Detectors.For(configuration, [], IPFamily.IPv4));
        Assert.Equal(new LocalDetector.Cidr(IPNetwork.Parse("fd00::/56")), Detectors.For(configuration, [], IPFamily.IPv6));
        Assert.Null(Detectors.For(ProxyConfiguration.Default, [], IPFamily.IPv4));
    }

    [Fact]
    public void Every_mode_has_its_detector()
    {
        Assert.Equal(
            new LocalDetector.Cidr(IPNetwork.Parse("10.244.1.0/24")),
            Detectors.For(ProxyConfiguration.Default.With("detectLocalMode", "NodeCIDR"), ["10.244.1.0/24", "10.244.2.0/24"], IPFamily.IPv4));
        Assert.Null(Detectors.For(ProxyConfiguration.Default.With("detectLocalMode", "NodeCIDR"), ["10.244.1.0/24"], IPFamily.IPv6));
        Assert.Equal(
            new LocalDetector.Bridge("cbr0"),
            Detectors.For(ProxyConfiguration.Default.With("detectLocalMode", "BridgeInterface").With("detectLocal.bridgeInterface", "cbr0"), [], IPFamily.IPv6));
        Assert.Equal(
            new LocalDetector.InterfacePrefix("veth"),
            Detectors.For(ProxyConfiguration.Default.With("detectLocalMode", "InterfaceNamePrefix").With("detectLocal.interfaceNamePrefix", "veth"), [], IPFamily.IPv4));
    }

    [Fact]
    public async Task A_node_that_registers_late_is_waited_for()
    {
        var api = new FakeKubeApi();
        var configuration = ProxyConfiguration.Default.With("hostnameOverride", "N1").With("detectLocalMode", "NodeCIDR");
        var ct = TestContext.Current.CancellationToken;
        var identifying = new NodeIdentification(api, configuration, NullLogger.Instance, TimeProvider.System).RunAsync("machine", ct);
        await api.CreateAsync(NodeWith("Hostname n1") with { Metadata = new ObjectMeta { Name = "n1" } }, ct);
        await api.PatchAsync<KubeNode>(null, "n1", Json("""{"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.5"}]}}"""), "status", ct);
        await api.PatchAsync<KubeNode>(null, "n1", Json("""{"spec":{"podCIDRs":["10.244.1.0/24"]}}"""), null, ct);
        var identity = await identifying;
        Assert.Equal(("n1", IPAddress.Parse("10.0.0.5")), (identity.Name, identity.Addresses.Single()));
        Assert.Equal(["10.244.1.0/24"], identity.PodCidrs);
    }

    [Fact]
    public async Task While_the_API_server_is_away_nobody_loses_patience_with_the_node()
    {
        var (api, time, ct) = (new FakeKubeApi(), new HeldTime(), TestContext.Current.CancellationToken);
        await api.CreateAsync(NodeWith("InternalIP 10.0.0.5") with { Metadata = new ObjectMeta { Name = "n1" } }, ct);
        api.Fault = _ => KubeApiException.Unreachable(new Uri("https://10.0.0.1:6443"), new IOException("gone"));
        var identifying = new NodeIdentification(api, ProxyConfiguration.Default.With("hostnameOverride", "n1"), NullLogger.Instance, time).RunAsync("machine", ct);
        for (var i = 0; i < 5; i++)
        {
            var pause = await time.Waits.Reader.ReadAsync(ct);
            Assert.True(pause.Length < TimeSpan.FromSeconds(30), "Thirty seconds count already.");
            if (i == 4)
                api.Fault = null;
            pause.End();
        }

        Assert.Equal([IPAddress.Parse("10.0.0.5")], (await identifying).Addresses);
    }

    [Fact]
    public async Task Other_pod_networks_of_the_node_end_the_proxy()
    {
        var guard = new NodeCidrGuard(["10.244.1.0/24"]);
        guard.NodeChanged(null);
        guard.NodeChanged(new KubeNode { Spec = new NodeSpec { PodCIDRs = ["10.244.1.0/24"] } });
        var running = guard.RunAsync(TestContext.Current.CancellationToken);
        Assert.False(running.IsCompleted);
        guard.NodeChanged(new KubeNode { Spec = new NodeSpec { PodCIDRs = ["10.244.2.0/24"] } });
        var e = await Assert.ThrowsAsync<ProxyEndException>(() => running);
        Assert.Equal("The node's podCIDRs changed from 10.244.1.0/24 to 10.244.2.0/24: the proxy ends, to be started again with the new ones.", e.Message);
    }

    [Fact]
    public void Connection_tracking_is_set_as_kube_proxy_does()
    {
        Assert.Equal(
            ["net.netfilter.nf_conntrack_max=131072", "net.netfilter.nf_conntrack_tcp_timeout_established=86400", "net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600"],
            SysctlPlan.Of(ProxyConfiguration.Default.Conntrack, cores: 2).Select(s => $"{s.Name}={s.Value}"));
        Assert.Equal(262144, SysctlPlan.Max(ProxyConfiguration.Default.Conntrack, cores: 8));
        Assert.Null(SysctlPlan.Max(ProxyConfiguration.Default.Conntrack with { MaxPerCore = 0 }, cores: 8));
        var all = SysctlPlan.Of(new ConntrackConfiguration(0, 0, default, default, true, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(3)), 1);
        Assert.Equal(["tcp_be_liberal=1", "udp_timeout=30", "udp_timeout_stream=180"], all.Select(s => $"{s.Name["net.netfilter.nf_conntrack_".Length..]}={s.Value}"));
    }

    private static System.Text.Json.Nodes.JsonObject Json(string text) => System.Text.Json.Nodes.JsonNode.Parse(text)!.AsObject();

    private static KubeNode NodeWith(params string[] addresses) => new()
    {
        Status = new NodeStatus { Addresses = [.. addresses.Select(a => new NodeAddress { Type = a.Split(' ')[0], Address = a.Split(' ')[1] })] },
    };
}
