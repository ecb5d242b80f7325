using System.Net;
using Viaduct.Cluster.Benchmarks.Load;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sockets;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>A client, a node and a server that has the addresses of all endpoints, for one way to serve.</summary>
internal sealed class WayToServer : IDisposable
{
    // The addresses that BenchObjects gives.
    private static readonly IPNetwork s_endpoints = IPNetwork.Parse("10.128.0.0/9");

    private readonly ForwardingPath _path = new();
    private readonly EchoServer _server;

    public WayToServer(string name)
    {
        Name = name;
        using (var server = RouteClient.In(_path.Server))
            server.AddRoute(new RouteSpec { Destination = s_endpoints, Type = RouteType.Local, Scope = RouteScope.Host, LinkIndex = server.GetLink("lo").Index });
        using (var node = RouteClient.In(_path.Node))
            node.AddRoute(new RouteSpec { Destination = s_endpoints, Gateway = ForwardingPath.ServerAddress });
        foreach (var ns in (NetNamespace[])[_path.Client, _path.Node, _path.Server])
            ns.Run(LetPortsBeUsedAgain);
        _server = new EchoServer(_path.Server, BenchObjects.TargetPort);
        Client = new LoadClient(_path.Client);
    }

    public string Name { get; }

    public NetNamespace Node => _path.Node;

    public LoadClient Client { get; }

    /// <summary>Whom the client asks, and the process that serves it with its children, if any.</summary>
    public TargetsInTurn Targets { get; private set; } = new([]);

    public int? ProcessId { get; private set; }

    public void Lead(IEnumerable<IPEndPoint> targets, int? processId)
    {
        Targets = new TargetsInTurn([.. targets.Select(t => SocketPeer.From(t.Address, (ushort)t.Port))]);
        ProcessId = processId;
    }

    public void Dispose()
    {
        Client.Dispose();
        _server.Dispose();
        _path.Dispose();
    }

    // A port of a closed connection rests for a minute otherwise (TIME_WAIT), and short connections use up all of them.
    private static void LetPortsBeUsedAgain()
    {
        Sysctl.Write("net.ipv4.tcp_tw_reuse", "1");
        Sysctl.Write("net.ipv4.ip_local_port_range", "10000 65535");
    }
}
