using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;

namespace Viaduct.Linux.Route;

/// <summary>Waits until something holds that depends on links, bridge ports, neighbours or forwarding entries of one network namespace.</summary>
public static class RouteSignal
{
    /// <summary>Looks now, and after every change that the kernel tells; false when it does not hold within <paramref name="patience"/>.</summary>
    public static async Task<bool> WaitForAsync(NetNamespace ns, Func<bool> condition, TimeSpan patience)
    {
        using var netlink = ns.Run(() => new NetlinkSocket(NetlinkConstants.NETLINK_ROUTE, RouteConstants.RTNLGRP_LINK, RouteConstants.RTNLGRP_NEIGH));
        using var socket = netlink.ToSocket();
        using var late = new CancellationTokenSource(patience);
        var buffer = new byte[64 * 1024];
        while (!condition())
        {
            try
            {
                await socket.ReceiveAsync(buffer, SocketFlags.None, late.Token).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
            {
                // More changes than there was room for: reason enough to look.
            }
            catch (OperationCanceledException)
            {
                return condition();
            }
        }

        return true;
    }
}
