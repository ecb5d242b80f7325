using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;
using Viaduct.Node.Standalone;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary><c>viaduct routes</c> on a node whose pods somebody else runs. node-2 is in the same zone.</summary>
public class RouteAgentTests : IAsyncLifetime
{
    private const byte Static = 4;
    private static readonly MacAddress s_mac2 = MacAddress.Parse("0a:58:00:00:00:02");
    private RoutingLab _lab = null!;
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();
    private RoutingNode _node = null!;
    private Task _agent = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Configuration => Path.Combine(_directory.Path, "cni", "10-viaduct.conflist");

    public async ValueTask InitializeAsync()
    {
        _lab = new RoutingLab(await StartApiAsync());
        _node = await _lab.AddAsync(1, "a", RouteBackend.HostGw);
        await _lab.RegisterAsync(2, "a", s_mac2);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _agent;
        _stop.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected virtual Task<IKubeApi> StartApiAsync() => Task.FromResult<IKubeApi>(new FakeKubeApi());

    [Fact]
    public async Task The_node_has_routes_rules_settings_and_a_CNI_configuration_and_its_default_route_is_left_alone()
    {
        var before = _node.RoutesOf(Static);
        _node.Namespace.Run(() => Sysctl.Write("net.ipv4.ip_forward", "0"));
        Start(RouteBackend.HostGw);
        await _node.RoutesAsync("172.20.2.0/24 via 192.168.0.4 eth0", "fd00:ac14:0:2::/64 via fd00:c0a8:0:a::4 eth0");
        await Eventually.True(() => _node.Namespace.Run(() => Sysctl.Read("net.ipv4.ip_forward")) == "1", "the node does not forward");
        Assert.Equal(before, _node.RoutesOf(Static));
        Assert.Equal(["IPv4", "IPv6"], MasqueradeFamilies());
        var plugin = JsonNode.Parse(await File.ReadAllTextAsync(Configuration, Cancellation))!["plugins"]![0]!;
        Assert.Equal(("viaduct-cni", 1500, "172.20.1.0/24"), ((string?)plugin["type"], (int)plugin["mtu"]!, (string?)plugin["ipam"]!["ranges"]![0]![0]!["subnet"]));
    }

    [Fact]
    public async Task A_changed_Pod_CIDR_of_the_own_node_and_a_changed_MTU_reach_the_CNI_configuration()
    {
        Start(RouteBackend.Vxlan);
        await Eventually.True(() => File.Exists(Configuration), "there is no CNI configuration");
        await _lab.SetBlocksAsync(1, IPNetwork.Parse("172.20.11.0/24"));
        await PluginAsync(p => (string?)p["ipam"]!["ranges"]![0]![0]!["subnet"] == "172.20.11.0/24" && p["ipam"]!["ranges"]!.AsArray().Count == 1);
        Assert.Equal(["IPv4"], MasqueradeFamilies());
        _node.SetUnderlay(new LinkChange { Mtu = 9000 });
        await PluginAsync(p => (int)p["mtu"]! == 8950);
    }

    [Fact]
    public async Task Clean_up_removes_what_is_ours_and_nothing_else()
    {
        var before = _node.RoutesOf(Static);
        Start(RouteBackend.Vxlan);
        await _node.RoutesAsync("172.20.2.0/24 via 172.20.2.0 vxlan1", $"fd00:ac14:0:2::/64 via {s_mac2.ToLinkLocal()} vxlan1");
        await Eventually.True(() => MasqueradeFamilies().Count == 2, "there are no masquerade rules");
        _node.Namespace.Run(() => { using var _ = OuterMasquerade.Apply(); });
        await _stop.CancelAsync();
        await _agent;
        _node.Namespace.Run(() => RouteAgent.CleanUp(Network(RouteBackend.Vxlan)));
        Assert.Equal((0, 0), (_node.Routes().Count, MasqueradeFamilies().Count));
        Assert.Null(_node.Tunnel);
        Assert.Equal(before, _node.RoutesOf(Static));
        using var nft = NftClient.In(_node.Namespace);
        Assert.Equal("all", Assert.Single(nft.ListTables()).Table.Name);
        // Once more finds nothing, and that is fine.
        _node.Namespace.Run(() => RouteAgent.CleanUp(Network(RouteBackend.Vxlan)));
    }

    [Fact]
    public async Task Without_masquerade_rules_of_an_earlier_run_go()
    {
        _node.Namespace.Run(() =>
        {
            using var own = NetNamespace.OpenCurrent();
            using var earlier = new NodeMasquerade(own, [IPNetwork.Parse("172.20.0.0/16")], NullLogger.Instance);
            earlier.Set(RoutingLab.Blocks(1));
        });
        Assert.Equal(2, MasqueradeFamilies().Count);
        Start(RouteBackend.HostGw, masquerades: false);
        await Eventually.True(() => MasqueradeFamilies().Count == 0, "the rules of the earlier run are still there");
    }

    // Somebody else's machine may have its own default route by router advertisements, which a machine that forwards ignores unless told otherwise.
    [Fact]
    public async Task A_machine_that_listens_to_router_advertisements_goes_on_listening()
    {
        _node.Namespace.Run(() =>
        {
            Sysctl.Write("net.ipv6.conf.all.forwarding", "0");
            Sysctl.Write("net.ipv6.conf.eth0.accept_ra", "1");
        });
        Start(RouteBackend.HostGw);
        await Eventually.True(() => Read("net.ipv6.conf.all.forwarding") == "1", "the node does not forward");
        Assert.Equal("2", Read("net.ipv6.conf.eth0.accept_ra"));
    }

    private void Start(RouteBackend backend, bool masquerades = true)
    {
        var options = new RouteAgentOptions
        {
            PodNetwork = Network(backend),
            OwnPods = new OwnPodsOptions
            {
                NodeName = "node-1",
                CniDirectory = Path.Combine(_directory.Path, "cni"),
                LeaseDirectory = Path.Combine(_directory.Path, "leases"),
                NonMasqueradeCidrs = masquerades ? [IPNetwork.Parse("172.20.0.0/16"), IPNetwork.Parse("fd00:ac14::/48")] : null,
            },
        };
        // The agent takes the namespace in which it is started.
        _agent = _node.Namespace.Run(() => new RouteAgent(options, _lab.Api, NullLoggerFactory.Instance).RunAsync(_stop.Token));
    }

    private static PodNetworkOptions Network(RouteBackend backend) => new() { NodeName = "node-1", Backend = backend };

    private Task PluginAsync(Func<JsonNode, bool> condition) => Eventually.True(
        async () => condition(JsonNode.Parse(await File.ReadAllTextAsync(Configuration, Cancellation))!["plugins"]![0]!), () => $"the CNI configuration stays {File.ReadAllText(Configuration)}");

    private List<string> MasqueradeFamilies()
    {
        using var nft = NftClient.In(_node.Namespace);
        return [.. nft.ListTables().Where(t => t.Table.Name == "viaduct-masquerade").Select(t => t.Table.Family.ToString()).Order(StringComparer.Ordinal)];
    }

    private string Read(string sysctl) => _node.Namespace.Run(() => Sysctl.Read(sysctl));
}
