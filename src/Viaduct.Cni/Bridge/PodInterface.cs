using System.Net;
using System.Net.Sockets;
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
        if (ips.Any(ip => IsIPv6(ip.Address)))
            PrepareIPv6(name);
        foreach (var ip in ips)
            route.AddAddress(Spec(link.Index, ip));
        route.SetLink(link.Index, new LinkChange { Up = true });
        foreach (var (destination, gateway) in routes)
            route.AddRoute(new RouteSpec { Destination = destination, Gateway = gateway, LinkIndex = link.Index });
        return link;
    });

    /// <summary>The configured routes, those without a gateway through the first one of their family; and default routes if they are wanted and not among them.</summary>
    public static IReadOnlyList<CniRoute> Routes(BridgeConfig config, IReadOnlyList<CniIp> ips)
    {
        var gateways = ips.Select(ip => ip.Gateway).OfType<IPAddress>().DistinctBy(g => g.AddressFamily).ToList();
        var routes = (config.Ipam?.Routes ?? [])
            .Select(route => route with { Gateway = route.Gateway ?? gateways.Find(g => g.AddressFamily == route.Destination.BaseAddress.AddressFamily) }).ToList();
        foreach (var gateway in config.IsDefaultGateway ? gateways : [])
        {
            var everywhere = new IPNetwork(IsIPv6(gateway) ? IPAddress.IPv6Any : IPAddress.Any, 0);
            if (!routes.Any(route => route.Destination == everywhere))
                routes.Add(new CniRoute(everywhere, gateway));
        }
        return routes;
    }

    /// <summary>IPAM gives each address to one pod only: asking the link whether somebody has it (DAD) would keep the pod waiting for a second or two.</summary>
    public static AddressSpec Spec(int link, CniIp ip) => new()
    {
        LinkIndex = link, Address = ip.Address, PrefixLength = ip.PrefixLength, SkipsDuplicateDetection = IsIPv6(ip.Address),
    };

    public static bool IsIPv6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    // Only what IPAM gave: a router's advertisement would add addresses and routes. The link-local address, too, is there at once.
    private static void PrepareIPv6(string name)
    {
        foreach (var (setting, value) in ((string, string)[])[("disable_ipv6", "0"), ("accept_ra", "0"), ("accept_dad", "0"), ("keep_addr_on_down", "1")])
        {
            if (Sysctl.Exists($"net/ipv6/conf/{name}/{setting}"))
                Sysctl.Write($"net/ipv6/conf/{name}/{setting}", value);
        }
    }
}
