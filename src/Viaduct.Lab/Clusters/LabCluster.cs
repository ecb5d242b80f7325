using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Cluster.ControlPlane;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Controllers;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Lab.Network;
using Viaduct.Linux.Namespaces;
using Viaduct.Node;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Lab.Clusters;

/// <summary>
/// The embedded cluster in one process, for experiments: the same API server, controllers, agents and proxies as those of <c>viaduct up</c>, on hosts of the
/// experiment. Its pods are stand-ins: sockets of this process in the pods' namespaces.
/// </summary>
internal sealed partial class LabCluster : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly LabRun lab;
    private readonly LabDirectory directory = LabDirectory.Create();
    private readonly CertificateAuthority authority = CertificateAuthority.Create("viaduct-lab");
    private readonly CancellationTokenSource stop;
    private readonly List<Task> parts = [];
    private readonly List<LabNode> nodes = [];
    private readonly UnderlayPlan plan;
    private ApiServer server = null!;
    private VpcRoutes? routes;

    private LabCluster(LabRun lab, int nodes)
    {
        this.lab = lab;
        stop = CancellationTokenSource.CreateLinkedTokenSource(lab.Cancellation);
        Spec = new ClusterSpec { Name = "lab", Nodes = nodes };
        plan = UnderlayPlan.From(Spec);
        Router = lab.AddHost(UnderlayNames.Router);
    }

    public ClusterSpec Spec { get; }

    /// <summary>The VPC's router.</summary>
    public LabHost Router { get; }

    public IReadOnlyList<LabNode> Nodes => nodes;

    public IKubeApi Api => server.Api;

    /// <summary>Starts one; its nodes are ready and have their blocks of pod addresses in the order of their names.</summary>
    /// <exception cref="ExperimentImpossibleException">The program of the nodes is missing.</exception>
    public static async Task<LabCluster> StartAsync(LabRun lab, int nodes = 2)
    {
        if (!File.Exists(lab.Programs.CniPlugin))
            throw new ExperimentImpossibleException($"The nodes of a cluster need the program viaduct-cni, which is not at {lab.Programs.CniPlugin}. Install it beside viaduct.");
        var cluster = new LabCluster(lab, nodes);
        try
        {
            await cluster.StartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(parts).ContinueWith(_ => { }, TaskScheduler.Default);
        nodes.ForEach(n => n.Dispose());
        routes?.Dispose();
        if (server is not null)
            await server.DisposeAsync();
        authority.Dispose();
        directory.Dispose();
        stop.Dispose();
    }

    private async Task StartAsync()
    {
        new LabUnderlay(plan, Router).Build();
        server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = Path.Combine(directory.Path, "api.db"),
                ServiceCidr = Spec.ToPlan().ServiceCidr,
                ControlPlaneEndpoint = new IPEndPoint(plan.ControlPlane.Address, 6443),
                Certificates = new ServerCertificates(authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), authority.Certificate),
            },
            stop.Token);
        Run(c => ControllerManager.RunAsync(Api, new ControllerOptions { PodCidr = Spec.ToPlan().PodCidr, NodeMask = Spec.NodeMask }, NullLoggerFactory.Instance, c));
        routes = new VpcRoutes(Router.Namespace, Api, NullLoggerFactory.Instance);
        Run(routes.RunAsync);
        foreach (var host in plan.Nodes)
            await AddNodeAsync(host);
    }

    private async Task AddNodeAsync(HostPlan host)
    {
        var machine = new LabUnderlay(plan, Router).Connect(lab.AddHost(host.Name), host);
        var node = new LabNode(machine, host, Options(host, machine.Namespace), Spec.ToPlan().PodCidr.Primary, Api);
        nodes.Add(node);
        Run(node.RunAgentAsync);
        await WaitForAsync<KubeNode>(
            new ListQuery { FieldSelector = $"metadata.name={host.Name}" }, n => n.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true, $"node {host.Name} is ready");
    }

    private NodeOptions Options(HostPlan host, NetNamespace ns) => new()
    {
        NodeName = host.Name,
        NodeAddresses = host.Addresses,
        PodNetwork = new PodNetworkOptions { NodeName = host.Name, Gateways = host.VSwitch.Gateways },
        Zone = host.VSwitch.Zone,
        // Nodes masquerade by nftables; where that is missing they do not, and no pod of an experiment asks anybody outside.
        NonMasqueradeCidrs = PacketFilters.HasNftables ? Spec.ToNonMasqueradeCidrs() : [new IPNetwork(IPAddress.Any, 0)],
        RunDirectory = Path.Combine(directory.Path, host.Name),
        StateDirectory = Path.Combine(directory.Path, $"{host.Name}.state"),
        CniPluginPath = lab.Programs.CniPlugin,
        SelfCommand = [lab.Programs.Self],
        Namespace = ns,
    };

    private void Run(Func<CancellationToken, Task> part) => parts.Add(Task.Run(() => part(stop.Token)));

    /// <summary>Waits with a limit; a part of the cluster that fails meanwhile is the reason that is told.</summary>
    private async Task WithinPatienceAsync(Func<CancellationToken, Task> wait, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        limit.CancelAfter(s_patience);
        try
        {
            var waiting = wait(limit.Token);
            var failed = Task.WhenAny(parts).Unwrap();
            await await Task.WhenAny(waiting, failed);
            await waiting;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ExperimentFailedException($"Not within {s_patience.TotalSeconds} s: {what}.");
        }
    }
}
