using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;
using Viaduct.Node.Standalone;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary><c>viaduct routes</c> on a new node of a cloud, which says that there is no network yet. With the embedded API.</summary>
public sealed class NetworkConditionTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("test");
    private readonly NetNamespace _ns = NetNamespace.Create();
    private readonly CancellationTokenSource _stop = new();
    private ApiServer _server = null!;
    private Task _agent = Task.CompletedTask;

    private IKubeApi Api => _server.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RoutingLab.Quiet(_ns);
        using var route = RouteClient.In(_ns);
        route.AddLink(new VethSpec { Name = "eth0", PeerName = "peer0", Up = true });
        route.SetLink(route.GetLink("peer0").Index, new LinkChange { Up = true });
        RoutingLab.Assign(route, "eth0", IPAddress.Parse("192.168.0.3"), 19);
        _server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = Path.Combine(_directory.Path, "api.db"),
                ControlPlaneEndpoint = new IPEndPoint(IPAddress.Parse("192.168.0.2"), 6443),
                Certificates = new ServerCertificates(_authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), _authority.Certificate),
            },
            Cancellation);
        await Api.CreateRawAsync<KubeNode>(null, NewNode(), Cancellation);
        await Api.CreateRawAsync<KubeNode>(null, Neighbour(), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _agent;
        _stop.Dispose();
        await _server.DisposeAsync();
        _authority.Dispose();
        _ns.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_condition_is_cleared_when_the_routes_are_there_and_everything_else_stays_as_it_was()
    {
        Start(RouteBackend.HostGw);
        var (reason, node) = await ClearedAsync();
        Assert.Equal("ViaductIsUp", reason);
        Assert.Contains(RoutesOf(_ns), r => r == "172.20.2.0/24 via 192.168.0.4");
        // Of the kubelet, and of the node lifecycle controller, which takes the taint away by this condition.
        Assert.Equal("False NetworkUnavailable, True Ready", string.Join(", ", node.Status!.Conditions!.Select(c => $"{c.Status} {c.Type}").Order(StringComparer.Ordinal)));
        Assert.Equal("KubeletReady", node.Status.Conditions!.Single(c => c.Type == "Ready").Reason);
        Assert.Equal("node.kubernetes.io/network-unavailable", Assert.Single(node.Spec!.Taints!).Key);
    }

    [Fact]
    public async Task One_that_is_set_anew_is_cleared_anew()
    {
        Start(RouteBackend.Vxlan);
        await ClearedAsync();
        await Api.SetConditionAsync<KubeNode>(null, "node-1", NoNetwork, Cancellation);
        await ClearedAsync();
    }

    [Fact]
    public async Task Without_routes_it_stays()
    {
        using (var route = RouteClient.In(_ns))
            route.SetLink(route.GetLink("eth0").Index, new LinkChange { Up = false });
        Start(RouteBackend.HostGw);
        // All that does not need the routes is done.
        await Eventually.True(() => Directory.Exists(Path.Combine(_directory.Path, "cni")), "there is no CNI configuration");
        Assert.Equal("True", (await ConditionAsync()).Status);
        using (var route = RouteClient.In(_ns))
            route.SetLink(route.GetLink("eth0").Index, new LinkChange { Up = true });
        await ClearedAsync();
    }

    private static Condition NoNetwork => new() { Type = "NetworkUnavailable", Status = "True", Reason = "NoRouteCreated", Message = "Node created without a route" };

    private void Start(RouteBackend backend)
    {
        var options = new RouteAgentOptions
        {
            PodNetwork = new PodNetworkOptions { NodeName = "node-1", Backend = backend },
            OwnPods = new OwnPodsOptions { NodeName = "node-1", CniDirectory = Path.Combine(_directory.Path, "cni"), LeaseDirectory = Path.Combine(_directory.Path, "leases") },
        };
        _agent = _ns.Run(() => new RouteAgent(options, Api, NullLoggerFactory.Instance).RunAsync(_stop.Token));
    }

    private async Task<(string? Reason, KubeNode Node)> ClearedAsync()
    {
        await Eventually.True(async () => (await ConditionAsync()).Status == "False", () => $"the condition stays; the agent: {_agent.Status} {_agent.Exception}");
        return ((await ConditionAsync()).Reason, await Api.GetAsync<KubeNode>(null, "node-1", Cancellation));
    }

    private async Task<Condition> ConditionAsync() => (await Api.GetAsync<KubeNode>(null, "node-1", Cancellation)).Status!.Conditions!.Single(c => c.Type == "NetworkUnavailable");

    private static List<string> RoutesOf(NetNamespace ns)
    {
        using var route = RouteClient.In(ns);
        return [.. route.ListRoutes().Where(r => r.Protocol == PodRoute.DefaultProtocol).Select(r => $"{r.Destination} via {r.Gateway}")];
    }

    // As a kubelet with --cloud-provider=external registers it and a cloud's route controller marks it (cloud-provider controllers/route).
    private static JsonObject NewNode() => JsonNode.Parse(
        """
        {"metadata": {"name": "node-1"},
         "spec": {"podCIDR": "172.20.1.0/24", "podCIDRs": ["172.20.1.0/24"], "taints": [{"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"}]},
         "status": {"addresses": [{"type": "InternalIP", "address": "192.168.0.3"}], "conditions": [
           {"type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated", "message": "Node created without a route", "lastTransitionTime": "2026-01-01T00:00:00Z"},
           {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status", "lastHeartbeatTime": "2026-01-01T00:00:00Z"}]}}
        """)!.AsObject();

    private static JsonObject Neighbour() => JsonNode.Parse(
        """
        {"metadata": {"name": "node-2", "annotations": {"viaduct.dev/vtep": "0a:58:00:00:00:02"}},
         "spec": {"podCIDR": "172.20.2.0/24", "podCIDRs": ["172.20.2.0/24"]},
         "status": {"addresses": [{"type": "InternalIP", "address": "192.168.0.4"}]}}
        """)!.AsObject();
}
