using System.Net;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Node.Network;

/// <summary>
/// The CNI configuration and the masquerade rules of a node, as its Pod CIDRs and the MTU of the network below are now: pods that start get what holds by then.
/// </summary>
internal sealed class OwnPods : IDisposable
{
    private readonly OwnPodsOptions _options;
    private readonly NodeWatch _nodes;
    private readonly NodeNetwork _network;
    private readonly ILogger _log;
    private readonly NodeMasquerade _masquerade;
    private volatile State? _state;

    /// <param name="ns">The node's network namespace.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="nodes">Where the Pod CIDRs are.</param>
    /// <param name="network">Who finds the MTU.</param>
    /// <param name="log">For people.</param>
    public OwnPods(NetNamespace ns, OwnPodsOptions options, NodeWatch nodes, NodeNetwork network, ILogger log)
    {
        (_options, _nodes, _network, _log) = (options, nodes, network, log);
        _masquerade = new NodeMasquerade(ns, options.NonMasqueradeCidrs, log);
    }

    /// <summary>After <see cref="StartAsync"/>.</summary>
    public CniConfiguration Configuration => _state!.Configuration;

    public IReadOnlyList<IPNetwork> PodCidrs => _state!.PodCidrs;

    public void Dispose() => _masquerade.Dispose();

    /// <summary>Waits until the controller has given the node its blocks and the MTU is found, and applies both.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _nodes.Synced.WaitAsync(cancellation);
        if (FindPodCidrs() is null)
            Log.WaitsForPodCidr(_log, _options.NodeName);
        while (_state is null)
            await NextAsync(cancellation);
    }

    /// <summary>Follows both until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Together.RunAsync(cancellation, FollowAsync, _masquerade.RunAsync);

    private async Task FollowAsync(CancellationToken cancellation)
    {
        while (true)
            await NextAsync(cancellation);
    }

    // Signals first, so that no change between looking and waiting is missed.
    private async Task NextAsync(CancellationToken cancellation)
    {
        var (node, mtu) = (_nodes.Changed, _network.MtuChanged);
        if (FindPodCidrs() is { } blocks && _network.Mtu is { } packet && (_state is null || _state.Mtu != packet || !_state.PodCidrs.SequenceEqual(blocks)))
            Apply(blocks, packet);
        else
            await Task.WhenAny(node, mtu).WaitAsync(cancellation);
    }

    private void Apply(IReadOnlyList<IPNetwork> blocks, int mtu)
    {
        var configuration = new CniConfiguration(_options.BridgeName, _options.LeaseDirectory, blocks, mtu);
        _masquerade.Set(blocks);
        if (_options.CniDirectory is { } directory)
            configuration.Write(directory);
        _state = new State(configuration, blocks, mtu);
        Log.OwnPods(_log, _options.NodeName, string.Join(", ", blocks), mtu);
    }

    private IReadOnlyList<IPNetwork>? FindPodCidrs() =>
        _nodes.Find(_options.NodeName) is { PodCidrs: { Count: > 0 } found } ? found : null;

    private sealed record State(CniConfiguration Configuration, IReadOnlyList<IPNetwork> PodCidrs, int Mtu);
}
