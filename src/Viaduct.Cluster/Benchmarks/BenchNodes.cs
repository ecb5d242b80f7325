using System.Net;
using Viaduct.Addressing;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>The nodes of a cluster that exists in the API alone, and the one link of the node under test.</summary>
internal sealed class BenchNodes(RouteBackend backend)
{
    /// <summary>As many as blocks of /24 in the Pod CIDR, less the node under test.</summary>
    public const int Most = 4095;

    private static readonly IPNetwork s_pods = IPNetwork.Parse("172.16.0.0/12");
    private static readonly IPNetwork s_near = IPNetwork.Parse("10.0.0.0/16"), s_far = IPNetwork.Parse("10.1.0.0/16");

    /// <summary>The blocks of pods, of the node under test (0) and of the others.</summary>
    public static IPNetwork Block(int index) => s_pods.BlockAt(24, (uint)index);

    public static string Name(int index) => $"node-{index}";

    /// <summary>A node from 1 on; with the backend auto every second one is on another network.</summary>
    public KubeNode Node(int index) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = Name(index),
            Annotations = backend.HasTunnel() ? new Dictionary<string, string> { [PeerNode.VtepAnnotation] = $"0a:58:00:00:{index >> 8:x2}:{index & 0xff:x2}" } : null,
        },
        Spec = new NodeSpec { PodCIDR = Block(index).ToString(), PodCIDRs = [Block(index).ToString()] },
        Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = Address(index).ToString() }] },
    };

    /// <summary>eth0 with the address of the node under test; its other end is in the same namespace.</summary>
    public static void Connect(NetNamespace inside)
    {
        using var client = RouteClient.In(inside);
        client.AddLink(new VethSpec { Name = "eth0", PeerName = "peer0", Up = true });
        client.SetLink(client.GetLink("peer0").Index, new LinkChange { Up = true });
        client.AddAddress(new AddressSpec { LinkIndex = client.GetLink("eth0").Index, Address = IPAddress.Parse(BenchApi.NodeAddress), PrefixLength = s_near.PrefixLength });
    }

    private IPAddress Address(int index) => (backend == RouteBackend.Auto && index % 2 == 0 ? s_far : s_near).AddressAt((uint)index + 16u);
}
