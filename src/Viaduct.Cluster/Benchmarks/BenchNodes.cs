using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Addressing;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>The nodes of a cluster that exists in the API alone, and the one link of the node under test.</summary>
internal sealed class BenchNodes(RouteBackend backend)
{
    /// <summary>As many as blocks of /24 in the Pod CIDR, less the node under test.</summary>
    public const int Most = 4095;

    // What a kubelet tells at most (--node-status-max-images).
    private const int Images = 50;

    private static readonly IPNetwork s_pods = IPNetwork.Parse("172.16.0.0/12");
    private static readonly IPNetwork s_near = IPNetwork.Parse("10.0.0.0/16"), s_far = IPNetwork.Parse("10.1.0.0/16");

    /// <summary>The blocks of pods, of the node under test (0) and of the others.</summary>
    public static IPNetwork Block(int index) => s_pods.BlockAt(24, (uint)index);

    public static string Name(int index) => $"node-{index}";

    /// <summary>
    /// A node from 1 on, as long as a kubelet makes it, of which routes need little; with the backend auto every second one is on another network.
    /// </summary>
    public JsonObject Node(int index) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = Name(index), ["labels"] = Labels(index), ["annotations"] = Annotations(index) },
        ["spec"] = new JsonObject { ["podCIDR"] = Block(index).ToString(), ["podCIDRs"] = new JsonArray(Block(index).ToString()) },
        ["status"] = new JsonObject
        {
            ["addresses"] = new JsonArray(Address("InternalIP", Address(index).ToString()), Address("Hostname", Name(index))),
            ["capacity"] = Resources(),
            ["allocatable"] = Resources(),
            ["conditions"] = new JsonArray(
                Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")),
            ["images"] = new JsonArray([.. Enumerable.Range(0, Images).Select(Image)]),
        },
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

    private static JsonObject Address(string type, string address) => new() { ["type"] = type, ["address"] = address };

    private static JsonObject Labels(int index) => new()
    {
        ["kubernetes.io/arch"] = "amd64",
        ["kubernetes.io/hostname"] = Name(index),
        ["kubernetes.io/os"] = "linux",
        ["node.kubernetes.io/instance-type"] = "large",
        ["topology.kubernetes.io/region"] = "r",
        ["topology.kubernetes.io/zone"] = "a",
    };

    private JsonObject Annotations(int index)
    {
        var annotations = new JsonObject { ["node.alpha.kubernetes.io/ttl"] = "0", ["volumes.kubernetes.io/controller-managed-attach-detach"] = "true" };
        if (backend.HasTunnel())
            annotations[PeerNode.VtepAnnotation] = $"0a:58:00:00:{index >> 8:x2}:{index & 0xff:x2}";
        return annotations;
    }

    private static JsonObject Resources() => new() { ["cpu"] = "8", ["ephemeral-storage"] = "101430960Ki", ["hugepages-2Mi"] = "0", ["memory"] = "32780580Ki", ["pods"] = "110" };

    private static JsonObject Condition(string type, string status, string reason, string message) => new()
    {
        ["type"] = type,
        ["status"] = status,
        ["reason"] = reason,
        ["message"] = message,
        ["lastHeartbeatTime"] = "2026-01-01T00:00:00Z",
        ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
    };

    private static JsonObject Image(int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"registry.example.com/team/service-{index}");
        return new() { ["names"] = new JsonArray($"{name}@sha256:{index:x64}", $"{name}:v1.{index}.0"), ["sizeBytes"] = 10_000_000 + index };
    }
}
