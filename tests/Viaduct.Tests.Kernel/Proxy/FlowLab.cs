using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Conntrack;
using Viaduct.Proxy;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>A running proxy of one family in the network of <see cref="CaseNetwork"/>, whose Service <c>web</c> is on UDP.</summary>
internal sealed class FlowLab : IAsyncDisposable
{
    /// <summary>On which nobody listens on the node.</summary>
    public const int NodePort = CaseNetwork.NodePort + 10;

    private readonly CaseLab lab;
    private readonly ConntrackClient conntrack;
    private CancellationTokenSource stop = new();
    private StaleFlows staleFlows;
    private FamilyProxy proxy;
    private Task run = Task.CompletedTask;

    private readonly ServicePortName? refused;

    /// <param name="family">Of the network.</param>
    /// <param name="refused">A Service port that the backend says the kernel refuses.</param>
    public FlowLab(IPFamily family, ServicePortName? refused = null)
    {
        this.refused = refused;
        Network = new CaseNetwork(family);
        lab = new CaseLab(Network, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses));
        conntrack = ConntrackClient.In(lab.Node.Namespace);
        (staleFlows, proxy) = NewProxy();
    }

    public CaseNetwork Network { get; }

    public FlowCounter Flows { get; private set; } = new();

    public Host this[CaseClient client] => lab[client];

    /// <summary>Begins to serve what these changes say.</summary>
    public async Task StartAsync(params IEnumerable<Func<ServiceTracker, bool>> changes)
    {
        foreach (var change in changes)
            proxy.Track(change);
        run = proxy.RunAsync(stop.Token);
        await AppliedAsync();
    }

    /// <summary>Changes what is served and waits until flows were looked at.</summary>
    public async Task ChangeAsync(Func<ServiceTracker, bool> change)
    {
        Assert.True(proxy.Track(change));
        await AppliedAsync();
    }

    /// <summary>As if the program ended; what it made stays.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await run.ContinueWith(_ => { }, TaskScheduler.Default);
        lab.Backend.Dispose();
        lab.NewBackend();
        stop.Dispose();
        (stop, Flows) = (new(), new());
        (staleFlows, proxy) = NewProxy();
    }

    public Socket Open(CaseClient client, CaseTarget target) =>
        lab[client].OpenUdp(Network.Of(target).Address, target == CaseTarget.NodePort ? NodePort : Network.Of(target).Port);

    /// <summary>Who answers.</summary>
    public static string Ask(Socket socket) => Host.AskAgain(socket).Split(' ')[0];

    /// <summary>The kernel's number of the flow that began at this socket.</summary>
    public uint IdOf(Socket socket) =>
        Assert.Single(conntrack.List(new ConntrackFilter(Network.Family.ToAddressFamily(), 17)), f => f.Original.Source.Equals(socket.LocalEndPoint)).Id;

    public Func<ServiceTracker, bool> Service(string name = "web", int? nodePort = null) => tracker => tracker.Set(new Service
    {
        Metadata = new() { Namespace = "default", Name = name },
        Spec = new()
        {
            Type = "NodePort",
            ClusterIP = (name == "web" ? Network.ClusterIP : Network.UnusedServiceAddress).ToString(),
            ExternalIPs = name == "web" ? [Network.ExternalIP.ToString()] : [],
            Ports = [new() { Name = "udp", Protocol = "UDP", Port = CaseNetwork.Port, NodePort = name == "web" ? NodePort : nodePort }],
        },
    });

    public static Func<ServiceTracker, bool> WithoutService => tracker => tracker.Remove(new Service { Metadata = new() { Namespace = "default", Name = "web" } });

    public static Func<ServiceTracker, bool> Zone(string zone) => tracker => tracker.SetZone(zone);

    public Func<ServiceTracker, bool> Slice(params Endpoint[] endpoints) => tracker => tracker.Set(new EndpointSlice
    {
        Metadata = new() { Namespace = "default", Name = "web-1", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web" } },
        AddressType = Network.Family.ToString(),
        Endpoints = [.. endpoints],
        Ports = [new() { Name = "udp", Port = CaseNetwork.TargetPort, Protocol = "UDP" }],
    });

    /// <summary>The pod that answers with this name.</summary>
    public Endpoint Pod(string name, bool terminating = false, string? zone = null) => new()
    {
        Addresses = [(name == "local" ? Network.LocalEndpoint : Network.RemoteEndpoint).ToString()],
        NodeName = name == "local" ? "node" : "other",
        Conditions = new() { Ready = !terminating, Serving = true, Terminating = terminating },
        Hints = zone is null ? null : new() { ForZones = [new() { Name = zone }] },
    };

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await run.ContinueWith(_ => { }, TaskScheduler.Default);
        await staleFlows.Idle;
        stop.Dispose();
        conntrack.Dispose();
        lab.Dispose();
    }

    private async Task AppliedAsync()
    {
        await Flows.NextAsync(TestContext.Current.CancellationToken);
        await staleFlows.Idle;
    }

    private (StaleFlows, FamilyProxy) NewProxy()
    {
        var flows = new StaleFlows(conntrack, Network.Family, Flows, NullLogger.Instance);
        var tracker = new ServiceTracker(Network.Family, "node");
        var backend = refused is { } port ? new RefusingBackend(lab.Backend, port) : lab.Backend;
        return (flows, new FamilyProxy(Network.Family, tracker, backend, flows, TimeSpan.Zero, Flows, NullLogger.Instance, TimeProvider.System));
    }
}
