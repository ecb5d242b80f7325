using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Server.NodeFacts;

/// <summary>Where node ports answer.</summary>
internal static class NodePortNetworks
{
    /// <summary>
    /// The networks of a family; empty means all addresses of the node. As in kube-proxy, a family that nodePortAddresses says nothing
    /// of answers on all addresses, and so does one without a known address when it says primary.
    /// </summary>
    public static ImmutableArray<IPNetwork> Of(ImmutableArray<string> nodePortAddresses, ImmutableArray<IPAddress> nodeAddresses, IPFamily family)
    {
        if (nodePortAddresses is ["primary"])
        {
            return nodeAddresses.Of(family) is { } address && !IPAddress.IsLoopback(address)
                ? [new IPNetwork(address, address.GetAddressBytes().Length * 8)]
                : [];
        }

        var networks = nodePortAddresses.Select(AddressText.ParseNetwork).Where(n => n.BaseAddress.AddressFamily == family.ToAddressFamily()).ToImmutableArray();
        return networks.Any(n => n.PrefixLength == 0) ? [] : networks;
    }

    /// <summary>The addresses among <paramref name="local"/> that servers of the node's ports listen on; the unspecified one for all.</summary>
    public static IReadOnlyList<IPAddress> ToListenOn(ImmutableArray<IPNetwork> networks, IPFamily family, Func<IEnumerable<IPAddress>> local) =>
        networks.IsEmpty
            ? [family == IPFamily.IPv4 ? IPAddress.Any : IPAddress.IPv6Any]
            : [.. local().Where(a => !IPAddress.IsLoopback(a) && networks.Any(n => n.BaseAddress.AddressFamily == a.AddressFamily && n.Contains(a))).Distinct()];
}
