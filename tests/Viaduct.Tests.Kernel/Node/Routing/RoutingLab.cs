using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>
/// Two networks, a (192.168.0.0/19) and b (192.168.64.0/19), with a router between that knows nothing of pods, hosts on them, and the agents of some. node-N has the
/// addresses .N+2 of its network and the pod blocks 172.20.N.0/24 and fd00:ac14:0:N::/64.
/// </summary>
internal sealed class RoutingLab : IAsyncDisposable
{
    private readonly List<RoutingNode> _nodes = [];

    /// <param name="api">The cluster's; one that must be ended ends with the lab.</param>
    public RoutingLab(IKubeApi api)
    {
        Api = api;
        Router = NetNamespace.Create();
        Quiet(Router);
        Router.Run(() =>
        {
            Sysctl.Write("net.ipv4.ip_forward", "1");
            Sysctl.Write("net.ipv6.conf.all.forwarding", "1");
        });
        using var client = RouteClient.In(Router);
        foreach (var zone in (string[])["a", "b"])
        {
            client.AddLink(new BridgeSpec { Name = $"vsw-{zone}", Up = true });
            foreach (var gateway in Gateways(zone))
                Assign(client, $"vsw-{zone}", gateway, gateway.AddressFamily == AddressFamily.InterNetworkV6 ? 64 : 19);
        }
    }

    public NetNamespace Router { get; }

    public IKubeApi Api { get; }

    public static IPAddress[] Gateways(string zone) => Addresses(zone, 1);

    public static IPAddress[] Addresses(string zone, int host) =>
        [IPAddress.Parse($"192.168.{(zone == "a" ? 0 : 64)}.{host}"), IPAddress.Parse($"fd00:c0a8:0:{zone}::{host:x}")];

    public static IPNetwork[] Blocks(int number) => [IPNetwork.Parse($"172.20.{number}.0/24"), IPNetwork.Parse($"fd00:ac14:0:{number:x}::/64")];

    /// <summary>A host with its Node; it has no agent yet.</summary>
    public async Task<RoutingNode> AddAsync(int number, string zone, RouteBackend backend)
    {
        var node = new RoutingNode(this, number, zone, backend);
        _nodes.Add(node);
        await RegisterAsync(number, zone);
        return node;
    }

    /// <summary>A Node, whether or not there is a host; one without an agent says nothing of its tunnel, so we do.</summary>
    public Task RegisterAsync(int number, string zone, MacAddress? vtep = null) => Api.CreateRawAsync<KubeNode>(
        null,
        new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"node-{number}",
                ["annotations"] = vtep is null ? null : new JsonObject { [PeerNode.VtepAnnotation] = vtep.ToString() },
            },
            ["spec"] = new JsonObject { ["podCIDR"] = $"{Blocks(number)[0]}", ["podCIDRs"] = Texts(Blocks(number)) },
            ["status"] = Status(Addresses(zone, number + 2)),
        },
        TestContext.Current.CancellationToken);

    public Task DeleteAsync(int number) => Api.DeleteAsync<KubeNode>(null, $"node-{number}", DeleteQuery.Default, TestContext.Current.CancellationToken);

    public Task SetBlocksAsync(int number, params IPNetwork[] blocks) =>
        PatchAsync(number, new JsonObject { ["spec"] = new JsonObject { ["podCIDR"] = blocks[0].ToString(), ["podCIDRs"] = Texts(blocks) } }, null);

    public Task SetAddressesAsync(int number, params IPAddress[] addresses) => PatchAsync(number, new JsonObject { ["status"] = Status(addresses) }, "status");

    /// <summary>Devices that speak only when spoken to, and IPv6 addresses that can be used at once.</summary>
    public static void Quiet(NetNamespace ns) => ns.Run(() =>
    {
        foreach (var name in (string[])["accept_dad", "accept_ra"])
        {
            Sysctl.Write($"net.ipv6.conf.all.{name}", "0");
            Sysctl.Write($"net.ipv6.conf.default.{name}", "0");
        }
        Sysctl.Write("net.ipv6.conf.all.keep_addr_on_down", "1");
        Sysctl.Write("net.ipv4.conf.all.rp_filter", "0");
        Sysctl.Write("net.ipv4.conf.default.rp_filter", "0");
    });

    public static void Assign(RouteClient client, string link, IPAddress address, int prefixLength) => client.AddAddress(new AddressSpec
    {
        LinkIndex = client.GetLink(link).Index,
        Address = address,
        PrefixLength = prefixLength,
        SkipsDuplicateDetection = address.AddressFamily == AddressFamily.InterNetworkV6,
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Router.Dispose();
        if (Api is IAsyncDisposable ends)
            await ends.DisposeAsync();
    }

    private Task<KubeNode> PatchAsync(int number, JsonObject patch, string? part) => Api.PatchAsync<KubeNode>(null, $"node-{number}", patch, part, TestContext.Current.CancellationToken);

    private static JsonObject Status(IPAddress[] addresses) => new()
    {
        ["addresses"] = new JsonArray([.. addresses.Select(a => new JsonObject { ["type"] = "InternalIP", ["address"] = a.ToString() })]),
    };

    private static JsonArray Texts(IPNetwork[] blocks) => [.. blocks.Select(b => JsonValue.Create(b.ToString()))];
}
