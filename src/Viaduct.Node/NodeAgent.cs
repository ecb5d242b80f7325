using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Containers;
using Viaduct.Node.Network;
using Viaduct.Node.Pods;
using Viaduct.Node.Probes;
using Viaduct.Node.Registration;
using Viaduct.Node.Sandboxes;
using Viaduct.Node.Server;

namespace Viaduct.Node;

/// <summary>
/// The agent of one node: registers it, keeps routes to the pods of other nodes, runs the node's pods and serves their logs, commands
/// and connectivity checks on a unix socket.
/// </summary>
/// <param name="options">What it must know.</param>
/// <param name="api">Where the objects are.</param>
/// <param name="loggers">For people.</param>
/// <param name="time">The clock; null for the machine's.</param>
/// <param name="pages">What else of this process is to be had and set on the socket with GET and PUT, by path.</param>
public sealed class NodeAgent(
    NodeOptions options, IKubeApi api, ILoggerFactory loggers, TimeProvider? time = null, IReadOnlyDictionary<string, RequestDelegate>? pages = null)
{
    private readonly ILogger _log = loggers.CreateLogger("Viaduct.Node");
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Works until cancelled; then every container of the node has ended. A fault of a part ends the whole.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var own = options.Namespace is null ? NetNamespace.OpenCurrent() : null;
        var node = options.Namespace ?? own!;
        Directory.CreateDirectory(options.RunDirectory);
        Directory.CreateDirectory(options.StateDirectory);
        NodeSysctls.Apply(node, _log);
        var nodes = new NodeWatch(api, _log);
        using var network = new NodeNetwork(node, options.PodNetwork, nodes, api, _log);
        await Together.RunAsync(cancellation, nodes.RunAsync, network.RunAsync, stop => RunNodeAsync(node, nodes, network, stop));
    }

    private async Task RunNodeAsync(NetNamespace node, NodeWatch nodes, NodeNetwork network, CancellationToken cancellation)
    {
        var registration = new NodeRegistration(options, api, _time, _log);
        await registration.RegisterAsync(cancellation);
        using var own = new OwnPods(node, options.OwnPods, nodes, network, _log);
        await own.StartAsync(cancellation);

        using var cni = new CniRunner(options, node, () => own.Configuration, _log);
        var sandboxes = new SandboxManager(options, node, cni, _log);
        await sandboxes.RemoveLeftoversAsync(cancellation);
        var exec = new ExecRunner(options);
        using var prober = new Prober(node, exec);
        var pods = new PodManager(Services(sandboxes, prober));
        await using var server = new NodeServer(options, node, pods, exec, loggers);
        foreach (var (path, page) in pages ?? new Dictionary<string, RequestDelegate>())
            server.AddPage(path, page);
        await server.StartAsync(cancellation);

        Log.NodeReady(_log, options.NodeName, string.Join(", ", own.PodCidrs), options.BridgeName, string.Join(", ", options.NodeAddresses));
        await Together.RunAsync(cancellation, own.RunAsync, pods.RunAsync, registration.ReportAsync);
    }

    private PodServices Services(ISandboxes sandboxes, IProber prober) => new()
    {
        Options = options,
        Api = api,
        Sandboxes = sandboxes,
        Runtime = new ContainerRuntime(options, api, _time),
        Prober = prober,
        Events = new PodEvents(api, options.NodeName, _time, _log),
        Log = _log,
        Time = _time,
    };
}
