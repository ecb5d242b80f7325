using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Route;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network.Routing;

/// <summary>What routes need to know of a node.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Addresses">Its addresses of type InternalIP, in the node's order.</param>
/// <param name="PodCidrs">Its blocks of pod addresses; what is no network is left out.</param>
/// <param name="Vtep">Hardware address of its end of the tunnel, if it has one.</param>
public sealed record PeerNode(string Name, IReadOnlyList<IPAddress> Addresses, IReadOnlyList<IPNetwork> PodCidrs, MacAddress? Vtep)
{
    /// <summary>The annotation that carries <see cref="Vtep"/>.</summary>
    public const string VtepAnnotation = "viaduct.dev/vtep";

    /// <summary>The condition of a Node that a cloud sets where pods have no network yet.</summary>
    public const string NetworkUnavailable = "NetworkUnavailable";

    /// <summary>Whether its condition NetworkUnavailable says False: that there is a network for its pods.</summary>
    public bool HasNetwork { get; init; }

    public static PeerNode From(KubeNode node) => new(node.Metadata.Name ?? "", AddressesOf(node), PodCidrsOf(node), VtepOf(node))
    {
        HasNetwork = node.Status?.Conditions?.Any(c => c is { Type: NetworkUnavailable, Status: "False" }) ?? false,
    };

    /// <summary>Whether all that is known of it is the same.</summary>
    public bool IsLike(PeerNode other) =>
        Addresses.SequenceEqual(other.Addresses) && PodCidrs.SequenceEqual(other.PodCidrs) && this == other with { Addresses = Addresses, PodCidrs = PodCidrs };

    /// <summary>The node's address of that family, or null.</summary>
    public IPAddress? Address(AddressFamily family)
    {
        foreach (var address in Addresses)
        {
            if (address.AddressFamily == family)
                return address;
        }
        return null;
    }

    private static List<IPNetwork> PodCidrsOf(KubeNode node)
    {
        var result = new List<IPNetwork>(2);
        foreach (var text in node.Spec?.PodCIDRs is { Count: > 0 } many ? many : node.Spec?.PodCIDR is { } one ? [one] : [])
        {
            if (IPNetwork.TryParse(text, out var network))
                result.Add(network);
        }
        return result;
    }

    private static List<IPAddress> AddressesOf(KubeNode node)
    {
        var result = new List<IPAddress>(2);
        foreach (var address in node.Status?.Addresses ?? [])
        {
            if (address.Type == "InternalIP" && IPAddress.TryParse(address.Address, out var parsed))
                result.Add(parsed);
        }
        return result;
    }

    private static MacAddress? VtepOf(KubeNode node) =>
        node.Metadata.Annotations is { } annotations && annotations.TryGetValue(VtepAnnotation, out var text) && MacAddress.TryParse(text, out var mac) ? mac : null;
}
