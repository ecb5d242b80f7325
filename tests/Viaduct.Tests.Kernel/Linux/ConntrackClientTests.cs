using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Kernel.Linux;

public sealed class ConntrackClientTests : IDisposable
{
    private const byte Udp = 17;
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly ConntrackClient conntrack;

    public ConntrackClientTests()
    {
        using (var route = RouteClient.In(ns))
            route.SetLink(route.GetLink("lo").Index, new LinkChange { Up = true });
        // Connection tracking begins with the first rule that needs it.
        using (var nft = NftClient.In(ns))
        {
            foreach (var table in new[] { new NftTable(NftFamily.IPv4, "t"), new NftTable(NftFamily.IPv6, "t") })
            {
                nft.Commit(new NftBatch().AddTable(table)
                    .AddChain(table, new NftChainSpec { Name = "c", Hook = new(NftChainType.Filter, NftHookPoint.Output, 0) })
                    .AddRule(table, "c", new NftRuleSpec(new ConntrackExpression(NftConntrackKey.State, NftRegister.First))));
            }
        }

        conntrack = ConntrackClient.In(ns);
    }

    public void Dispose()
    {
        conntrack.Dispose();
        ns.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1", AddressFamily.InterNetwork)]
    [InlineData("::1", AddressFamily.InterNetworkV6)]
    public void The_kernel_filters_flows_by_family_protocol_address_and_port(string address, AddressFamily family)
    {
        foreach (var server in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            foreach (var port in new[] { 5001, 5002 })
                Send(server, port);
        }

        var filter = new ConntrackFilter(family, Udp);
        Assert.Equal(2, conntrack.List(filter).Count);
        Assert.Empty(conntrack.List(filter with { Protocol = 6 }));
        Assert.Empty(conntrack.List(filter with { OriginalDestinationPort = 5003 }));
        Assert.Equal(2, conntrack.List(filter with { ReplySource = IPAddress.Parse(address) }).Count);
        var flow = Assert.Single(conntrack.List(filter with { OriginalDestination = IPAddress.Parse(address), OriginalDestinationPort = 5001, ReplySourcePort = 5001 }));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), 5001), flow.Original.Destination);
        Assert.False(flow.HasDestinationNat);
        Assert.True(conntrack.Delete(flow.Original));
        Assert.False(conntrack.Delete(flow));
        Assert.Single(conntrack.List(filter));
    }

    private void Send(IPAddress server, int port)
    {
        using var socket = ns.Run(() => new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.SendTo("x"u8, new IPEndPoint(server, port));
    }
}
