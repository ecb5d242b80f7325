using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Viaduct.Proxy.Model;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server.NodeFacts;

/// <summary>The node's addresses, one per IP family, the first being of the family that it prefers.</summary>
internal static class NodeAddresses
{
    /// <summary>
    /// Internal addresses before external ones. A family may be missing; an empty array means that the Node object has none yet.
    /// </summary>
    public static ImmutableArray<IPAddress> Of(KubeNode? node)
    {
        var all = (string[])["InternalIP", "ExternalIP"];
        var usable = all.SelectMany(type => node?.Status?.Addresses?.Where(a => a.Type == type) ?? [])
            .Select(a => IPAddress.TryParse(a.Address, out var ip) ? ip : null).OfType<IPAddress>().ToList();
        return [.. usable.DistinctBy(a => a.AddressFamily)];
    }

    /// <summary>bindAddress, if it says more than "any", goes before what the Node object has for its family.</summary>
    public static ImmutableArray<IPAddress> WithBindAddress(IPAddress bind, ImmutableArray<IPAddress> ofNode) =>
        bind.Equals(IPAddress.Any) || bind.Equals(IPAddress.IPv6Any) ? ofNode : [bind, .. ofNode.Where(a => a.AddressFamily != bind.AddressFamily)];

    /// <summary>What stands in when nobody knows: the loopback address of bindAddress's family.</summary>
    public static ImmutableArray<IPAddress> Loopback(IPAddress bind) =>
        [bind.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback];

    public static IPAddress? Of(this ImmutableArray<IPAddress> addresses, IPFamily family) =>
        addresses.FirstOrDefault(a => a.AddressFamily == family.ToAddressFamily());
}
