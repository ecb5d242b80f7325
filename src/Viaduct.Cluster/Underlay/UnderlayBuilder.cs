using System.Net;
using System.Net.Sockets;
using Viaduct.Addressing;
using Viaduct.Cluster.Model;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;

namespace Viaduct.Cluster.Underlay;

/// <summary>Makes the underlay in the kernel: namespaces, bridges, wires, addresses and default routes.</summary>
public sealed class UnderlayBuilder(ClusterPaths paths)
{
    public UnderlayNetwork Build(UnderlayPlan plan)
    {
        var underlay = new UnderlayNetwork();
        var router = Add(underlay, UnderlayNames.Router, plan.HasIPv6);
        using var routes = RouteClient.In(router);
        router.Run(() => UnderlaySysctls.MakeRouter(plan.HasIPv6));

        Connect(routes, Add(underlay, UnderlayNames.Outside, plan.HasIPv6), plan.Outside, master: null);
        Assign(routes, routes.GetLink(UnderlayNames.Outside).Index, plan.Outside.VSwitch.Gateways, plan.Outside.VSwitch.Networks);

        var bridges = plan.VSwitches.ToDictionary(v => v.Zone, v => AddBridge(routes, v));
        foreach (var host in plan.Nodes.Prepend(plan.ControlPlane))
            Connect(routes, Add(underlay, host.Name, plan.HasIPv6), host, bridges[host.VSwitch.Zone]);
        return underlay;
    }

    private NetNamespace Add(UnderlayNetwork underlay, string name, bool hasIPv6)
    {
        var ns = NetNamespace.Create();
        underlay.Add(name, ns);
        ns.BindTo(paths.Namespace(name));
        ns.Run(() => UnderlaySysctls.PrepareIPv6(hasIPv6));
        return ns;
    }

    private static int AddBridge(RouteClient routes, VSwitchSegment vSwitch)
    {
        routes.AddLink(new BridgeSpec { Name = vSwitch.Bridge, Up = true });
        var index = routes.GetLink(vSwitch.Bridge).Index;
        Assign(routes, index, vSwitch.Gateways, vSwitch.Networks);
        return index;
    }

    /// <summary>A wire from the router to a host, and the host's end: eth0 with its addresses and default routes.</summary>
    private static void Connect(RouteClient routes, NetNamespace ns, HostPlan host, int? master)
    {
        routes.AddLink(new VethSpec { Name = host.Name, PeerName = "eth0", PeerNamespace = ns, Master = master, Up = true });
        using var inside = RouteClient.In(ns);
        var eth0 = inside.GetLink("eth0").Index;
        Assign(inside, eth0, host.Addresses, host.VSwitch.Networks);
        inside.SetLink(eth0, new LinkChange { Up = true });
        foreach (var gateway in host.VSwitch.Gateways)
            inside.AddRoute(new RouteSpec { Gateway = gateway, LinkIndex = eth0 });
    }

    private static void Assign(RouteClient routes, int link, IReadOnlyList<IPAddress> addresses, IpRanges networks)
    {
        foreach (var (address, network) in addresses.Zip(networks))
        {
            routes.AddAddress(new AddressSpec
            {
                LinkIndex = link,
                Address = address,
                PrefixLength = network.PrefixLength,
                SkipsDuplicateDetection = address.AddressFamily == AddressFamily.InterNetworkV6,
            });
        }
    }
}
