using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Proxy.Server.Configuration;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server.NodeFacts;

/// <summary>Finds out which node this is and what its object says.</summary>
internal sealed class NodeIdentification(IKubeApi api, ProxyConfiguration configuration, ILogger log, TimeProvider time)
{
    private static readonly TimeSpan s_addressPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_podCidrPatience = TimeSpan.FromMinutes(5);

    /// <exception cref="ProxyEndException">The node gets no podCIDRs, and detectLocalMode needs them.</exception>
    public async Task<NodeIdentity> RunAsync(string machineName, CancellationToken cancellation)
    {
        var name = Hostname.Of(configuration.HostnameOverride, machineName);
        var lookup = new NodeLookup(api, name, log, time);
        var node = await lookup.WaitAsync(n => !NodeAddresses.Of(n).IsEmpty, s_addressPatience, cancellation);
        var identity = new NodeIdentity { Name = name, Addresses = Addresses(name, node) };
        if (configuration.DetectLocalMode != "NodeCIDR")
            return identity;
        node = HasPodCidrs(node) ? node : await lookup.WaitAsync(HasPodCidrs, s_podCidrPatience, cancellation);
        return HasPodCidrs(node)
            ? identity with { PodCidrs = node!.Spec!.PodCIDRs! }
            : throw new ProxyEndException($"Node {name} got no podCIDRs within five minutes, and detectLocalMode NodeCIDR needs them: let the controller manager allocate node CIDRs, or choose another mode.");
    }

    private ImmutableArray<IPAddress> Addresses(string name, KubeNode? node)
    {
        var bind = IPAddress.Parse(configuration.BindAddress);
        var known = NodeAddresses.WithBindAddress(bind, NodeAddresses.Of(node));
        if (!known.IsEmpty)
            return known;
        ServerLog.Warn(log, $"Node {name} has no address in the API after thirty seconds: node ports answer on all of its addresses. Is --hostname-override right?");
        return NodeAddresses.Loopback(bind);
    }

    private static bool HasPodCidrs(KubeNode? node) => node?.Spec?.PodCIDRs is { Count: > 0 };
}
