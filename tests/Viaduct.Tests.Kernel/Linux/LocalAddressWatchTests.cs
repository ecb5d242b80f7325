using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;

namespace Viaduct.Tests.Kernel.Linux;

public class LocalAddressWatchTests
{
    private static readonly IPAddress s_ours = IPAddress.Parse("fd00::1"), s_other = IPAddress.Parse("fd00::2");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_wait_ends_when_packets_to_all_IPv6_addresses_arrive_and_not_before()
    {
        using var ns = NetNamespace.Create();
        using var route = RouteClient.In(ns);
        route.SetLink(route.GetLink("lo").Index, new LinkChange { Up = true });
        route.AddLink(new VethSpec { Name = "eth0", PeerName = "peer0", Up = true });
        using var watch = ns.Run(() => new LocalAddressWatch());
        var both = watch.WaitAsync([s_ours, s_other, IPAddress.Parse("10.1.1.1")], Cancellation);
        Add(route, s_ours);
        using (var second = ns.Run(() => new LocalAddressWatch()))
        {
            Add(route, IPAddress.Parse("fd00::3"));
            await second.WaitAsync([IPAddress.Parse("fd00::3")], Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        }

        Assert.False(both.IsCompleted);
        Assert.True(ns.Run(() => IsLocal(s_ours)));
        Assert.False(ns.Run(() => IsLocal(s_other)));
        Add(route, s_other);
        await both.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.True(ns.Run(() => IsLocal(s_other)));
    }

    private static void Add(RouteClient route, IPAddress address) =>
        route.AddAddress(new AddressSpec { LinkIndex = route.GetLink("eth0").Index, Address = address, PrefixLength = 64, SkipsDuplicateDetection = true });

    // Nobody listens there: over the loopback device, the refusal is here before the call returns.
    private static bool IsLocal(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(address, 9);
        socket.Send("?"u8);
        return (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0;
    }
}
