using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Route;

/// <content>Numbers of other namespaces.</content>
public sealed partial class RouteClient
{
    /// <summary>
    /// The number by which links of this namespace refer to <paramref name="ns"/> (<see cref="LinkInfo.LinkNamespaceId"/>), or null if no link does.
    /// Like <c>ip netns list-id</c>.
    /// </summary>
    public int? FindNamespaceId(NetNamespace ns)
    {
        var request = NamespaceIdWire.Get(ns);
        var id = _channel.Request(ref request, $"finding the number of {ns}", NamespaceIdWire.Read)[0];
        return id == RouteConstants.NETNSA_NSID_NOT_ASSIGNED ? null : id;
    }
}
