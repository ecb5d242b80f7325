using System.Net;
using Viaduct.Cni.Types;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Cni.Bridge;

/// <summary>The container's end of the cable: address, state and routes inside the pod's namespace.</summary>
internal static class PodInterface
{
    public static LinkInfo Configure(NetNamespace pod, string name, IReadOnlyList<CniIp> ips, IReadOnlyList<CniRoute> routes) => pod.Run(() =>
    {
        using var route = new RouteClient();
        var link = route.GetLink(name);
        // Whoever still knows an earlier owner of the address hears of the new one when the link comes up.
        if (ips.Count > 0)
            Sysctl.Write($"net/ipv4/conf/{name}/arp_notify", "1");
        foreach (var ip in ips)
            route.AddAddress(new AddressSpec { LinkIndex = link.Index, Address = ip.Address, PrefixLength = ip.PrefixLength });
        route.SetLink(link.Index, new LinkChange { Up = true });
        foreach (var (destination, gateway) in routes)
            route.AddRoute(new RouteSpec { Destination = destination, Gateway = gateway, LinkIndex = link.Index });
        return link;
    });

    /// <summary>The configured routes, those without a gateway through the first address's; and the default route if it is wanted and not among them.</summary>
    public static IReadOnlyList<CniRoute> Routes(BridgeConfig config, IReadOnlyList<CniIp> ips)
    {
        var gateway = ips.Count > 0 ? ips[0].Gateway : null;
        var routes = (config.Ipam?.Routes ?? []).Select(route => route with { Gateway = route.Gateway ?? gateway }).ToList();
        if (config.IsDefaultGateway && gateway is not null && !routes.Any(route => route.Destination.PrefixLength == 0))
            routes.Add(new CniRoute(new IPNetwork(IPAddress.Any, 0), gateway));
        return routes;
    }
}
