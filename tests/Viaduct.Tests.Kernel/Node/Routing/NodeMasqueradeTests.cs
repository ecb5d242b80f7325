using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;
using Viaduct.Node.Network;
using Viaduct.Tests.Fakes;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>Whose address a packet has that a pod sends: seen by other pods, by hosts of the VPC, and by the world. node-1 has a pod, node-2 another.</summary>
public sealed class NodeMasqueradeTests : IAsyncLifetime
{
    private static readonly IPAddress s_world4 = IPAddress.Parse("203.0.113.10"), s_world6 = IPAddress.Parse("2001:db8:ffff::10");
    private readonly RoutingLab _lab = new(new FakeKubeApi());
    private readonly CancellationTokenSource _stop = new();
    private RoutingNode _node = null!, _other = null!;
    private NodeMasquerade? _masquerade;
    private Task _keeping = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        (_node, _other) = (await _lab.AddAsync(1, "a", RouteBackend.HostGw), await _lab.AddAsync(2, "a", RouteBackend.HostGw));
        _node.Start();
        _other.Start();
        await Eventually.True(() => _node.Routes().Count == 2 && _other.Routes().Count == 2, "no routes");
        // The world is behind the router, and the router knows the pods of node-1, as a VPC's does: whoever does not masquerade is seen as he is.
        using var router = RouteClient.In(_lab.Router);
        foreach (var world in (IPAddress[])[s_world4, s_world6])
            RoutingLab.Assign(router, "lo", world, world.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);
        foreach (var (block, host) in RoutingLab.Blocks(1).Zip(RoutingLab.Addresses("a", 3)))
            router.AddRoute(new RouteSpec { Destination = block, Gateway = host });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _masquerade?.Dispose();
        _stop.Dispose();
        await _lab.DisposeAsync();
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task Only_what_leaves_the_cluster_has_the_node_s_address(AddressFamily family)
    {
        var (pod, other) = (_node.AddPod(), _other.AddPod());
        Keep([.. Pods, .. Vpc]);
        Assert.Equal(_node.Pod(family), await PodTraffic.DatagramAsync(pod, other, _other.Pod(family), 100));
        Assert.Equal(_node.Pod(family), await PodTraffic.DatagramAsync(pod, _lab.Router, Gateway(family), 100));
        Assert.Equal(_node.Address(family), await PodTraffic.DatagramAsync(pod, _lab.Router, World(family), 100));
        // Not a pod of this node: none of its business.
        Assert.Equal(_other.Pod(family), await PodTraffic.DatagramAsync(other, pod, _node.Pod(family), 100));
    }

    [Fact]
    public async Task A_network_that_is_not_named_sees_the_node_s_address()
    {
        var pod = _node.AddPod();
        Keep(Pods);
        Assert.Equal(_node.Address(AddressFamily.InterNetwork), await PodTraffic.DatagramAsync(pod, _lab.Router, Gateway(AddressFamily.InterNetwork), 100));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task Rules_that_somebody_flushes_are_back(AddressFamily family)
    {
        var pod = _node.AddPod();
        Keep([.. Pods, .. Vpc]);
        using var nft = NftClient.In(_node.Namespace);
        var table = new NftTable(family == AddressFamily.InterNetworkV6 ? NftFamily.IPv6 : NftFamily.IPv4, "viaduct-masquerade");
        nft.Commit(new NftBatch().DestroyTable(table));
        await Eventually.True(() => nft.FindTable(table) is not null && nft.ListRules(table).Count == 1, "the rules are not back");
        Assert.Equal(_node.Address(family), await PodTraffic.DatagramAsync(pod, _lab.Router, World(family), 100));
    }

    private static IPNetwork[] Pods => [IPNetwork.Parse("172.20.0.0/16"), IPNetwork.Parse("fd00:ac14::/48")];

    private static IPNetwork[] Vpc => [IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("fd00:c0a8::/48")];

    private void Keep(IPNetwork[] direct)
    {
        _masquerade = new NodeMasquerade(_node.Namespace, direct, NullLogger.Instance);
        _masquerade.Set(RoutingLab.Blocks(1));
        _keeping = Together.RunAsync(_stop.Token, _masquerade.RunAsync);
    }

    private static IPAddress Gateway(AddressFamily family) => RoutingLab.Gateways("a").Single(g => g.AddressFamily == family);

    private static IPAddress World(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? s_world6 : s_world4;
}
