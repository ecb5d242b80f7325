using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kernel.Node;

/// <summary>An API server, a node's namespace with a router beside it, and the agent between them, all in this process.</summary>
internal sealed class AgentLab : IAsyncDisposable
{
    public const string NodeName = "node-1";

    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("test");
    private readonly string _plugin;
    private CancellationTokenSource _stop = new();
    private Task _agent = Task.CompletedTask;

    private AgentLab(string plugin)
    {
        _plugin = plugin;
        Node = NetNamespace.Create();
        Router = NetNamespace.Create();
        using var node = RouteClient.In(Node);
        using var router = RouteClient.In(Router);
        node.AddLink(new VethSpec { Name = "eth0", PeerName = "eth0", PeerNamespace = Router });
        Up(node, "192.168.0.3");
        Up(router, "192.168.0.1");
        node.AddRoute(new RouteSpec { Gateway = IPAddress.Parse("192.168.0.1") });
    }

    public NetNamespace Node { get; }

    /// <summary>What is outside the node: at 192.168.0.1.</summary>
    public NetNamespace Router { get; }

    public ApiServer Server { get; private set; } = null!;

    public IKubeApi Api => Server.Api;

    public string SocketPath => Options(_directory.Path, "", Node).SocketPath;

    public string Directory => _directory.Path;

    /// <summary>The plugin as built, or the one that VIADUCT_CNI names (a published one starts ten times faster).</summary>
    public static string CniPlugin => Environment.GetEnvironmentVariable("VIADUCT_CNI") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Viaduct.Cni.Plugin/debug/viaduct-cni"));

    public static NodeOptions Options(string directory, string plugin, NetNamespace node) => new()
    {
        NodeName = NodeName,
        NodeAddresses = [IPAddress.Parse("192.168.0.3")],
        PodNetwork = new PodNetworkOptions { NodeName = NodeName, Gateways = [IPAddress.Parse("192.168.0.1")] },
        Zone = "a",
        NonMasqueradeCidrs = [IPNetwork.Parse("172.20.0.0/16"), IPNetwork.Parse("192.168.0.0/16")],
        RunDirectory = Path.Combine(directory, "run"),
        StateDirectory = Path.Combine(directory, "state"),
        CniPluginPath = plugin,
        SelfCommand = Self.Command,
        Namespace = node,
    };

    /// <summary>Starts all; the node has the Pod CIDR 172.20.0.0/24, which a controller would have given it.</summary>
    public static async Task<AgentLab> StartAsync(string? plugin = null)
    {
        var lab = new AgentLab(plugin ?? CniPlugin);
        lab.Server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = Path.Combine(lab._directory.Path, "api.db"),
                ControlPlaneEndpoint = new IPEndPoint(IPAddress.Parse("192.168.0.2"), 6443),
                Certificates = new ServerCertificates(lab._authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), lab._authority.Certificate),
                NodeSocket = _ => lab.SocketPath,
            },
            TestContext.Current.CancellationToken);
        await lab.Api.CreateRawAsync<KubeNode>(null, NodeJson(NodeName, null, "172.20.0.0/24"), TestContext.Current.CancellationToken);
        lab.StartAgent();
        await Eventually.True(
            async () => await lab.IsNodeReadyAsync(), () => $"the node did not become ready; the agent: {lab._agent.Status} {lab._agent.Exception}");
        return lab;
    }

    public static JsonObject NodeJson(string name, string? address, string podCidr) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Node",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["podCIDR"] = podCidr, ["podCIDRs"] = new JsonArray(podCidr) },
        ["status"] = address is null ? null : new JsonObject { ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = address }) },
    };

    public void StartAgent()
    {
        _stop = new CancellationTokenSource();
        _agent = new NodeAgent(Options(_directory.Path, _plugin, Node), Api, NullLoggerFactory.Instance).RunAsync(_stop.Token);
    }

    public async Task StopAgentAsync()
    {
        await _stop.CancelAsync();
        await _agent;
        _stop.Dispose();
    }

    /// <summary>Creates a pod on the node, as a scheduler would have placed it.</summary>
    public async Task<Pod> CreatePodAsync(string name, string spec)
    {
        var json = JsonNode.Parse($$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","labels":{"app":"test"} },"spec":{{spec}} }""")!.AsObject();
        json["spec"]!["nodeName"] = NodeName;
        return await Api.CreateRawAsync<Pod>("default", json, TestContext.Current.CancellationToken);
    }

    public async Task<Pod?> FindPodAsync(string name)
    {
        try
        {
            return await Api.GetAsync<Pod>("default", name, TestContext.Current.CancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    public async Task<Pod> PodAsync(string name, Func<Pod, bool> condition)
    {
        Pod? pod = null;
        await Eventually.True(
            async () => (pod = await FindPodAsync(name)) is not null && condition(pod),
            () => $"pod {name} stayed {System.Text.Json.JsonSerializer.Serialize(pod, KubeJson.Default.Pod!)}; the agent: {_agent.Status} {_agent.Exception}");
        return pod!;
    }

    public Task<Pod> ReadyPodAsync(string name) => PodAsync(name, p => p.IsReady());

    public Task PodGoneAsync(string name) => Eventually.True(async () => await FindPodAsync(name) is null, () => $"pod {name} is still there");

    public Task DeletePodAsync(string name, long? grace = null) =>
        Api.DeleteAsync<Pod>("default", name, new DeleteQuery { GracePeriodSeconds = grace }, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!_agent.IsCompleted)
            await StopAgentAsync();
        foreach (var file in System.IO.Directory.Exists(Path.Combine(_directory.Path, "run/netns")) ? System.IO.Directory.GetFiles(Path.Combine(_directory.Path, "run/netns")) : [])
            NetNamespace.Unbind(file);
        await Server.DisposeAsync();
        Node.Dispose();
        Router.Dispose();
        _authority.Dispose();
        _directory.Dispose();
    }

    private async Task<bool> IsNodeReadyAsync()
    {
        var node = await Api.GetAsync<KubeNode>(null, NodeName, TestContext.Current.CancellationToken);
        return node.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) ?? false;
    }

    private static void Up(RouteClient route, string address)
    {
        var link = route.GetLink("eth0");
        route.SetLink(link.Index, new LinkChange { Up = true });
        route.AddAddress(new AddressSpec { LinkIndex = link.Index, Address = IPAddress.Parse(address), PrefixLength = 19 });
    }
}
