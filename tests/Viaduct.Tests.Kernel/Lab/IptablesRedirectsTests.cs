using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>The userspace proxy of experiments on kernels that have only iptables.</summary>
public sealed class IptablesRedirectsTests : IAsyncDisposable
{
    private static readonly IPEndPoint s_service = IPEndPoint.Parse("10.96.0.10:80"), s_endpoint = IPEndPoint.Parse($"{RoutedHosts.ServerAddress}:8080");

    private readonly RoutedHosts hosts = new();
    private readonly List<Socket> sockets = [];

    public async ValueTask DisposeAsync()
    {
        sockets.ForEach(s => s.Dispose());
        await hosts.DisposeAsync();
    }

    [Fact]
    public async Task Connections_to_a_Service_come_to_the_proxy_until_it_stops_taking_them()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/iptables-legacy-restore"), "iptables-legacy is missing");
        var listener = Open(hosts.Server.Namespace);
        listener.Bind(s_endpoint);
        listener.Listen();
        using var proxy = hosts.Router.Namespace.Run(() =>
            UserspaceBackend.Open(new BackendOptions { Family = IPFamily.IPv4 }, NullLogger.Instance, new UserspaceOptions { Redirects = new IptablesRedirects() }));
        var state = State();
        // Twice: the second time over the rules of the first.
        for (var i = 0; i < 2; i++)
            await proxy.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, TestContext.Current.CancellationToken);
        var client = Open(hosts.Client.Namespace);
        await client.ConnectAsync(s_service, TestContext.Current.CancellationToken);
        var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        sockets.Add(accepted);
        // The proxy is who connects.
        Assert.Equal("10.2.0.1", $"{((IPEndPoint)accepted.RemoteEndPoint!).Address}");
        proxy.StopTaking();
        var late = await Assert.ThrowsAsync<SocketException>(() => Open(hosts.Client.Namespace).ConnectAsync(s_service, TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(SocketError.NetworkUnreachable, late.SocketErrorCode);
    }

    private Socket Open(NetNamespace ns)
    {
        var socket = ns.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        sockets.Add(socket);
        return socket;
    }

    private static ProxyState State()
    {
        var port = new ServicePortState
        {
            Name = new ServicePortName("default", "web", ""),
            ClusterIP = PackedAddress.From(s_service.Address),
            Protocol = TransportProtocol.Tcp,
            Port = (ushort)s_service.Port,
            Endpoints = [new ProxyEndpoint(new EndpointAddress(PackedAddress.From(s_endpoint.Address), (ushort)s_endpoint.Port), IsRemote: true)],
            HasEndpointsAnywhere = true,
        };
        return new ProxyState
        {
            Ports = ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(port.Name, port),
            Claims = port.Frontends.ToImmutableDictionary(f => f.Frontend, f => ImmutableArray.Create(new FrontendClaim(port.Name, f.Role))),
        };
    }
}
