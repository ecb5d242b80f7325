using System.Net;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network;

/// <summary>The routes that a machine needs to reach the pods of all nodes; pure.</summary>
public static class PodRouteSet
{
    /// <summary>
    /// A node's pods are reached through the node's address when that is on-link, through <paramref name="otherwise"/> when it is
    /// not, and left out when that is null.
    /// </summary>
    /// <param name="nodes">All nodes; those without address or Pod CIDR are left out.</param>
    /// <param name="self">Name of the node that the routes are for (its own pods are on its bridge); null on a router.</param>
    /// <param name="onLink">Networks that the machine is connected to.</param>
    /// <param name="otherwise">The router that knows the way to nodes elsewhere.</param>
    public static IReadOnlyList<PodRoute> Desired(IEnumerable<KubeNode> nodes, string? self, IReadOnlyList<IPNetwork> onLink, IPAddress? otherwise)
    {
        var result = new List<PodRoute>();
        foreach (var node in nodes.Where(n => n.Metadata.Name != self))
        {
            if (!IPAddress.TryParse(node.InternalIP(), out var address))
                continue;
            var gateway = onLink.Any(n => n.Contains(address)) ? address : otherwise;
            if (gateway is not null)
                result.AddRange(PodCidrs(node).Select(c => new PodRoute(c, gateway)));
        }

        return result;
    }

    /// <summary>The Pod CIDRs of a node that are valid IPv4 networks.</summary>
    public static IEnumerable<IPNetwork> PodCidrs(KubeNode node)
    {
        var texts = node.Spec?.PodCIDRs is { Count: > 0 } many ? many : node.Spec?.PodCIDR is { } one ? [one] : [];
        foreach (var text in texts)
        {
            if (IPNetwork.TryParse(text, out var network) && network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
                yield return network;
        }
    }
}
