using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Node.Network;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>A host of a <see cref="RoutingLab"/>, its agent, and its pods.</summary>
internal sealed class RoutingNode : IAsyncDisposable
{
    private readonly RoutingLab _lab;
    private PodNetworkOptions _options;
    private readonly List<NetNamespace> _pods = [];
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    public RoutingNode(RoutingLab lab, int number, string zone, RouteBackend backend)
    {
        (_lab, Number, Zone) = (lab, number, zone);
        _options = new PodNetworkOptions { NodeName = $"node-{number}", Backend = backend };
        RoutingLab.Quiet(Namespace);
        Namespace.Run(() =>
        {
            Sysctl.Write("net.ipv4.ip_forward", "1");
            Sysctl.Write("net.ipv6.conf.all.forwarding", "1");
        });
        Route = RouteClient.In(Namespace);
        using var router = RouteClient.In(lab.Router);
        router.AddLink(new VethSpec { Name = $"node-{number}", PeerName = "eth0", PeerNamespace = Namespace, Master = router.GetLink($"vsw-{zone}").Index, Up = true });
        foreach (var address in RoutingLab.Addresses(zone, number + 2))
            RoutingLab.Assign(Route, "eth0", address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 64 : 19);
        SetUnderlay(new LinkChange { Up = true });
        foreach (var gateway in RoutingLab.Gateways(zone))
            Route.AddRoute(new RouteSpec { Gateway = gateway, LinkIndex = Underlay });
    }

    public int Number { get; }

    public string Zone { get; }

    public NetNamespace Namespace { get; } = NetNamespace.Create();

    public RouteClient Route { get; }

    public int Underlay => Route.GetLink("eth0").Index;

    /// <summary>Its tunnel.</summary>
    public LinkInfo? Tunnel => Route.FindLink(_options.TunnelName);

    public NodeNetwork? Network { get; private set; }

    /// <summary>The agent's part for routes, as the node agent runs it.</summary>
    public void Start()
    {
        _stop = new CancellationTokenSource();
        var nodes = new NodeWatch(_lab.Api, NullLogger.Instance);
        Network = new NodeNetwork(Namespace, _options, nodes, _lab.Api, NullLogger.Instance);
        _running = Together.RunAsync(_stop.Token, nodes.RunAsync, Network.RunAsync);
    }

    /// <summary>The same with another backend.</summary>
    public void Start(RouteBackend backend)
    {
        _options = _options with { Backend = backend };
        Start();
    }

    /// <summary>It has no last words: what is in the kernel stays, as after SIGKILL.</summary>
    public async Task StopAsync()
    {
        if (_stop is null)
            return;
        await _stop.CancelAsync();
        await _running;
        Network!.Dispose();
        _stop.Dispose();
        _stop = null;
    }

    public void SetUnderlay(LinkChange change) => Route.SetLink(Underlay, change);

    /// <summary>The agent's routes: <c>172.20.2.0/24 via 192.168.0.4 eth0</c>, in order.</summary>
    public IReadOnlyList<string> Routes() => RoutesOf(PodRoute.DefaultProtocol);

    public IReadOnlyList<string> RoutesOf(byte protocol)
    {
        var links = Route.ListLinks().ToDictionary(l => l.Index, l => l.Name);
        return
        [
            .. Route.ListRoutes().Where(r => r.Protocol == protocol)
                .Select(r => $"{r.Destination} via {r.Gateway} {links.GetValueOrDefault(r.LinkIndex ?? 0)}").Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>What the tunnel knows: <c>MAC dst ADDRESS</c> and <c>ADDRESS lladdr MAC</c>.</summary>
    public IReadOnlyList<string> TunnelEntries() => Tunnel is not { } tunnel ? [] :
    [
        .. Route.ListFdbEntries(tunnel.Index).Select(e => $"{e.LinkAddress} dst {e.Destination}")
            .Concat(Route.ListNeighbors(tunnel.Index).Where(n => n.IsPermanent).Select(n => $"{n.Address} lladdr {n.LinkAddress}")).Order(StringComparer.Ordinal),
    ];

    /// <summary>Waits for exactly these routes of the agent's.</summary>
    public Task RoutesAsync(params string[] expected) => Eventually.True(
        () => Task.FromResult(Routes().SequenceEqual(expected.Order(StringComparer.Ordinal))),
        () => $"node-{Number} has [{string.Join(", ", Routes())}] and not [{string.Join(", ", expected.Order(StringComparer.Ordinal))}]; the agent: {_running.Status} {_running.Exception}");

    /// <summary>A pod with the second address of each block, wired as the CNI plugin would, but with a link of its own.</summary>
    public NetNamespace AddPod()
    {
        var pod = NetNamespace.Create();
        _pods.Add(pod);
        RoutingLab.Quiet(pod);
        Route.AddLink(new VethSpec { Name = "pod", PeerName = "eth0", PeerNamespace = pod, Mtu = Network!.Mtu, Up = true });
        using var inside = RouteClient.In(pod);
        foreach (var block in RoutingLab.Blocks(Number))
        {
            RoutingLab.Assign(Route, "pod", At(block, 1), block.PrefixLength);
            RoutingLab.Assign(inside, "eth0", At(block, 2), block.PrefixLength);
        }
        inside.SetLink(inside.GetLink("eth0").Index, new LinkChange { Up = true });
        foreach (var block in RoutingLab.Blocks(Number))
            inside.AddRoute(new RouteSpec { Gateway = At(block, 1), LinkIndex = inside.GetLink("eth0").Index });
        return pod;
    }

    /// <summary>The address of its pod.</summary>
    public IPAddress Pod(AddressFamily family) => At(RoutingLab.Blocks(Number).Single(b => b.BaseAddress.AddressFamily == family), 2);

    public IPAddress Address(AddressFamily family) => RoutingLab.Addresses(Zone, Number + 2).Single(a => a.AddressFamily == family);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _pods.ForEach(p => p.Dispose());
        Route.Dispose();
        Namespace.Dispose();
    }

    private static IPAddress At(IPNetwork block, byte host)
    {
        var bytes = block.BaseAddress.GetAddressBytes();
        bytes[^1] = host;
        return new IPAddress(bytes);
    }
}
