using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Node.Network;

/// <summary>A node's way to the pods of all other nodes: routes, tunnels, and what the others must know of this one. Works in a given network namespace.</summary>
public sealed class NodeNetwork : IDisposable
{
    private readonly RouteClient _client;
    private readonly RouteMonitor _monitor;
    private readonly PodNetwork _network;
    private readonly VtepPublisher _publisher;
    private TaskCompletionSource _mtuChanged = NewSignal();
    private int _mtu;

    /// <param name="ns">The node's network namespace.</param>
    /// <param name="options">How.</param>
    /// <param name="nodes">Not yet running.</param>
    /// <param name="api">Where the Node is.</param>
    /// <param name="log">For people.</param>
    public NodeNetwork(NetNamespace ns, PodNetworkOptions options, NodeWatch nodes, IKubeApi api, ILogger log)
    {
        (_client, _monitor) = ns.Run(() =>
        {
            var client = new RouteClient();
            return (client, new RouteMonitor(client));
        });
        var place = new NodePlace(ns, _client, options, TellMtu);
        _network = new PodNetwork(nodes, place, _client, _monitor, options.Protocol, log);
        _publisher = new VtepPublisher(nodes, api, options.NodeName, place.Vtep, log);
    }

    /// <summary>The pods' MTU; null until it is found.</summary>
    public int? Mtu => Volatile.Read(ref _mtu) is > 0 and var mtu ? mtu : null;

    /// <summary>Completes at the next change of <see cref="Mtu"/>. Take it before reading that, so that nothing is missed.</summary>
    public Task MtuChanged => Volatile.Read(ref _mtuChanged).Task;

    /// <summary>Completes when the routes to all nodes that are known have been set for the first time.</summary>
    public Task Applied => _network.Applied;

    /// <summary>Works until cancelled; routes and tunnels stay, as pods need them without us, too.</summary>
    public Task RunAsync(CancellationToken cancellation) => Together.RunAsync(cancellation, _network.RunAsync, _publisher.RunAsync);

    public void Dispose()
    {
        _monitor.Dispose();
        _client.Dispose();
    }

    private void TellMtu(int mtu)
    {
        if (Interlocked.Exchange(ref _mtu, mtu) != mtu)
            Interlocked.Exchange(ref _mtuChanged, NewSignal()).SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
