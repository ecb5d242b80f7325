using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Proxy.Userspace;

/// <summary>One namespace with a Service and its endpoints on the loopback device: for what happens inside the proxy.</summary>
internal sealed class RelayLab : IDisposable
{
    public const ushort Port = 80;
    public static readonly IPAddress Service = IPAddress.Parse("10.96.0.10");
    public static readonly IPAddress Node = IPAddress.Parse("192.0.2.1");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly List<Socket> sockets = [];
    private ProxyState state = ProxyState.Empty;

    public RelayLab(UserspaceOptions? options = null)
    {
        Options = options ?? new();
        using var route = RouteClient.In(Namespace);
        var loopback = route.GetLink("lo").Index;
        route.AddAddress(new AddressSpec { LinkIndex = loopback, Address = Node, PrefixLength = 32 });
        route.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.96.0.0/16"), LinkIndex = loopback, Source = Node });
        Backend = NewBackend();
    }

    /// <summary>For the next backend.</summary>
    public UserspaceOptions Options { get; set; }

    public NetNamespace Namespace { get; } = NetNamespace.Create();

    public UserspaceBackend Backend { get; private set; }

    public UserspaceBackend NewBackend() => Backend = Namespace.Run(() => UserspaceBackend.Open(new BackendOptions { Family = IPFamily.IPv4 }, NullLogger.Instance, Options));

    /// <summary>The Service has these endpoints, on TCP and UDP.</summary>
    public ProxyReport Serve(int affinitySeconds, params IEnumerable<int> ports)
    {
        ImmutableArray<ProxyEndpoint> all = [.. ports.Select(p => new ProxyEndpoint(new(PackedAddress.From(IPAddress.Loopback), (ushort)p), IsRemote: false))];
        return Apply(new[] { TransportProtocol.Tcp, TransportProtocol.Udp }.Select(protocol => new ServicePortState
        {
            Name = new("default", "web", protocol.Name()),
            ClusterIP = PackedAddress.From(Service),
            Protocol = protocol,
            Port = Port,
            AffinitySeconds = affinitySeconds,
            Endpoints = all,
            HasEndpointsAnywhere = all.Length > 0,
        }));
    }

    public ProxyReport Apply(params IEnumerable<ServicePortState> ports)
    {
        var before = state;
        var all = ports.ToImmutableDictionary(p => p.Name);
        state = new ProxyState
        {
            Ports = all,
            Claims = all.Values.SelectMany(p => p.Frontends, (p, f) => (f.Frontend, Claim: new FrontendClaim(p.Name, f.Role)))
                .GroupBy(c => c.Frontend, c => c.Claim).ToImmutableDictionary(g => g.Key, g => g.Order().ToImmutableArray()),
        };
        return Backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys.Union(before.Claims.Keys)]), state, default).GetAwaiter().GetResult();
    }

    /// <summary>An endpoint that listens.</summary>
    public Socket Listen(ProtocolType protocol = ProtocolType.Tcp)
    {
        var socket = Open(protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (protocol == ProtocolType.Tcp)
            socket.Listen(1024);
        return socket;
    }

    /// <summary>A client of the Service.</summary>
    public Socket Connect(ProtocolType protocol = ProtocolType.Tcp)
    {
        var socket = Open(protocol);
        socket.Connect(Service, Port);
        return socket;
    }

    /// <summary>A client and its connection at the endpoint.</summary>
    public (Socket Client, Socket Server) Pair(Socket listener)
    {
        var client = Connect();
        var server = Keep(listener.Accept());
        server.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        return (client, server);
    }

    public Socket Open(ProtocolType protocol)
    {
        var type = protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram;
        var socket = Keep(Namespace.Run(() => new Socket(AddressFamily.InterNetwork, type, protocol)));
        (socket.ReceiveTimeout, socket.SendTimeout) = ((int)Patience.TotalMilliseconds, (int)Patience.TotalMilliseconds);
        return socket;
    }

    /// <summary>Sockets of any kind in the namespace.</summary>
    public int CountSockets() => Namespace.Run(() =>
        int.Parse(File.ReadLines("/proc/thread-self/net/sockstat").First().Split(' ')[^1], CultureInfo.InvariantCulture));

    /// <summary>How often the proxy's threads have waited: those that are in the namespace, as only its loops are.</summary>
    public long CountWaits() => Directory.GetDirectories("/proc/self/task").Where(t => new FileInfo($"{t}/ns/net").LinkTarget == $"{Namespace}")
        .SelectMany(t => File.ReadLines($"{t}/status")).Where(l => l.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Sum(l => long.Parse(l.Split('\t')[1], CultureInfo.InvariantCulture));

    /// <summary>Asks again and again, as nobody tells of it, until something is so.</summary>
    public static async Task Until(Func<Task<bool>> condition, string what)
    {
        for (var start = Environment.TickCount64; !await condition(); await Task.Delay(10))
            Assert.True(Environment.TickCount64 - start < Patience.TotalMilliseconds, $"Not within {Patience.TotalSeconds} s: {what}.");
    }

    public Task UntilConnections(int count) => Until(async () => await Backend.CountConnectionsAsync() == count, $"{count} connections");

    public void Dispose()
    {
        Backend.Dispose();
        sockets.ForEach(s => s.Dispose());
        Namespace.Dispose();
    }

    public Socket Keep(Socket socket)
    {
        sockets.Add(socket);
        return socket;
    }
}

internal static class SocketExtensions
{
    public static int Port(this Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    public static string ReadText(this Socket socket, int length)
    {
        var buffer = new byte[length];
        var read = 0;
        while (read < length && socket.Receive(buffer.AsSpan(read)) is var n and > 0)
            read += n;
        return System.Text.Encoding.ASCII.GetString(buffer, 0, read);
    }

    public static bool IsAtEnd(this Socket socket) => socket.Receive(new byte[1]) == 0;
}
