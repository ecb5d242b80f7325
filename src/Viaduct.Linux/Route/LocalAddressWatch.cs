using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>
/// Tells when packets to new IPv6 addresses of one network namespace arrive. The kernel acknowledges an address before that: it makes the address's local
/// route later, on a work queue, even without duplicate detection (addrconf_dad_start and addrconf_dad_completed, net/ipv6/addrconf.c), and until then packets
/// to it are routed elsewhere. IPv4 addresses are local at once.
/// </summary>
public sealed class LocalAddressWatch : IDisposable
{
    private readonly NetlinkSocket _membership;
    private readonly Socket _socket;

    /// <summary>For the calling thread's network namespace; hears of addresses that are added from now on.</summary>
    public LocalAddressWatch()
    {
        _membership = new NetlinkSocket(NETLINK_ROUTE, RTNLGRP_IPV6_ROUTE);
        _membership.GrowReceiveBuffer(1 << 20);
        _socket = _membership.ToSocket();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _membership.Dispose();
    }

    /// <summary>Waits until all of these are local, which were added since the watch began.</summary>
    /// <exception cref="SocketException">The socket overflowed: other routes changed too fast.</exception>
    public async Task WaitAsync(IEnumerable<IPAddress> addresses, CancellationToken cancellation)
    {
        var missing = addresses.Where(a => a.AddressFamily == AddressFamily.InterNetworkV6).ToHashSet();
        var buffer = new byte[64 * 1024];
        while (missing.Count > 0)
            missing.ExceptWith(Read(buffer.AsSpan(0, await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellation))));
    }

    private static List<IPAddress> Read(ReadOnlySpan<byte> datagram)
    {
        var local = new List<IPAddress>();
        foreach (var message in new NlReader(datagram))
        {
            if (message.Type == RTM_NEWROUTE && message.Header<rtmsg>() is { rtm_type: RTN_LOCAL, rtm_family: Libc.AF_INET6, rtm_dst_len: 128 })
                AddDestination(message, local);
        }

        return local;
    }

    private static void AddDestination(NlMessage message, List<IPAddress> local)
    {
        foreach (var attribute in message.Attributes(Marshal.SizeOf<rtmsg>()))
        {
            if (attribute.Type == RTA_DST && Family.ReadAddress(attribute, Libc.AF_INET6) is { } address)
                local.Add(address);
        }
    }
}
