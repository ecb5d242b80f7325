using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;

namespace Viaduct.Linux.Route;

/// <summary>
/// Links, addresses, routes and neighbours of one network namespace over rtnetlink. Calls are synchronous: a request takes microseconds.
/// Refusals are <see cref="NetlinkException"/>s that name the object and carry the kernel's reason.
/// </summary>
public sealed partial class RouteClient : IDisposable
{
    private readonly NetlinkChannel _channel;

    /// <summary>Opens a socket in the calling thread's namespace; the client stays in that one.</summary>
    public RouteClient()
        : this(new NetlinkSocket(NetlinkConstants.NETLINK_ROUTE))
    {
    }

    /// <summary>Speaks over a given transport, which it owns from now on.</summary>
    public RouteClient(INetlinkTransport transport) => _channel = new NetlinkChannel(transport);

    /// <summary>A client whose socket is opened inside <paramref name="ns"/>.</summary>
    public static RouteClient In(NetNamespace ns) => ns.Run(() => new RouteClient());

    internal uint PortId => _channel.PortId;

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();
}
