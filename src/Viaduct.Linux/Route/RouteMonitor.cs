using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.RouteConstants;

namespace Viaduct.Linux.Route;

/// <summary>
/// Tells of changes of links, addresses, routes and neighbours of one network namespace, like <c>ip monitor</c>. It hears what happens after it was made.
/// The kernel does not tell everything: when a link goes down, its IPv4 routes go without a word (fib_sync_down_dev). For one reader.
/// </summary>
public sealed class RouteMonitor : IDisposable
{
    private const int ReceiveBuffer = 4 << 20;

    private readonly NetlinkSocket _membership;
    private readonly Socket _socket;
    private readonly uint _ownPort;

    /// <summary>For the calling thread's network namespace, whichever thread uses the monitor.</summary>
    /// <param name="except">Changes of routes that this client makes are not told. Forwarding entries are always: the kernel does not say whose change it was.</param>
    public RouteMonitor(RouteClient? except = null)
    {
        _membership = new NetlinkSocket(
            NETLINK_ROUTE, RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE);
        _membership.GrowReceiveBuffer(ReceiveBuffer);
        _socket = _membership.ToSocket();
        _ownPort = except?.PortId ?? 0;
    }

    /// <summary>For another network namespace.</summary>
    public static RouteMonitor In(NetNamespace ns, RouteClient? except = null) => ns.Run(() => new RouteMonitor(except));

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _membership.Dispose();
    }

    /// <summary>The changes as they happen, until the token is cancelled.</summary>
    public async IAsyncEnumerable<RouteNotice> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var length = await ReceiveAsync(buffer, cancellationToken);
            if (length < 0)
                Drain(buffer);
            foreach (var notice in length < 0 ? [RouteNotice.Lost] : Parse(buffer.AsSpan(0, length)))
                yield return notice;
        }
    }

    private async ValueTask<int> ReceiveAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            return -1;
        }
    }

    // The kernel reports no second overflow before the socket is empty (NETLINK_S_CONGESTED), so what is left must go before anybody looks anew.
    private void Drain(byte[] buffer)
    {
        _socket.Blocking = false;
        while (_socket.Receive(buffer, SocketFlags.None, out var error) > 0 || error == SocketError.NoBufferSpaceAvailable)
        {
        }
    }

    private List<RouteNotice> Parse(ReadOnlySpan<byte> datagram)
    {
        var notices = new List<RouteNotice>(1);
        foreach (var message in new NlReader(datagram))
        {
            if (Read(message) is { } notice)
                notices.Add(notice);
        }
        return notices;
    }

    private RouteNotice? Read(NlMessage message) => message.Type switch
    {
        RTM_NEWROUTE or RTM_DELROUTE when _ownPort != 0 && message.PortId == _ownPort => null,
        RTM_NEWROUTE or RTM_DELROUTE => RouteWire.ReadRoute(message) is { } route ? new() { Route = route, IsRemoval = message.Type == RTM_DELROUTE } : null,
        // A bridge also tells of its ports, in the family AF_BRIDGE: the same link once more, in another form.
        RTM_NEWLINK or RTM_DELLINK when message.Header<ifinfomsg>().ifi_family == Libc.AF_BRIDGE => null,
        RTM_NEWLINK or RTM_DELLINK => new() { Link = LinkWire.ReadLink(message), IsRemoval = message.Type == RTM_DELLINK },
        RTM_NEWADDR or RTM_DELADDR => AddressWire.ReadAddress(message) is { } address ? new() { Address = address, IsRemoval = message.Type == RTM_DELADDR } : null,
        RTM_NEWNEIGH or RTM_DELNEIGH => ReadNeighbor(message),
        _ => null,
    };

    private static RouteNotice? ReadNeighbor(NlMessage message)
    {
        var isRemoval = message.Type == RTM_DELNEIGH;
        if (message.Header<ndmsg>().ndm_family == Libc.AF_BRIDGE)
            return FdbWire.ReadEntry(message) is { } entry ? new() { FdbEntry = entry, IsRemoval = isRemoval } : null;
        return NeighborWire.ReadNeighbor(message) is { } neighbor ? new() { Neighbor = neighbor, IsRemoval = isRemoval } : null;
    }
}
