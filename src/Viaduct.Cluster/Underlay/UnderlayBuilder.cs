using System.Net;
using Viaduct.Cluster.Model;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Cluster.Underlay;

/// <summary>Makes the underlay in the kernel: namespaces, bridges, wires, addresses and default routes.</summary>
public sealed class UnderlayBuilder(ClusterPaths paths)
{
    public UnderlayNetwork Build(UnderlayPlan plan)
    {
        var underlay = new UnderlayNetwork();
        var router = Add(underlay, UnderlayNames.Router);
        using var routes = RouteClient.In(router);
        router.Run(MakeRouter);

        Connect(routes, Add(underlay, UnderlayNames.Outside), UnderlayNames.Outside, master: null, UnderlayPlan.OutsideNetwork, UnderlayPlan.OutsideAddress, UnderlayPlan.OutsideGateway);
        Assign(routes, routes.GetLink(UnderlayNames.Outside).Index, UnderlayPlan.OutsideGateway, UnderlayPlan.OutsideNetwork);

        var bridges = plan.VSwitches.ToDictionary(v => v.Zone, v => AddBridge(routes, v));
        foreach (var host in plan.Nodes.Prepend(plan.ControlPlane))
            Connect(routes, Add(underlay, host.Name), host.Name, bridges[host.VSwitch.Zone], host.VSwitch.Network, host.Address, host.VSwitch.Gateway);
        return underlay;
    }

    private NetNamespace Add(UnderlayNetwork underlay, string name)
    {
        var ns = NetNamespace.Create();
        underlay.Add(name, ns);
        ns.BindTo(paths.Namespace(name));
        ns.Run(DisableIPv6);
        return ns;
    }

    private static int AddBridge(RouteClient routes, VSwitchSegment vSwitch)
    {
        routes.AddLink(new BridgeSpec { Name = vSwitch.Bridge, Up = true });
        var index = routes.GetLink(vSwitch.Bridge).Index;
        Assign(routes, index, vSwitch.Gateway, vSwitch.Network);
        return index;
    }

    /// <summary>A wire from the router to a host, and the host's end: eth0 with its address and default route.</summary>
    private static void Connect(RouteClient routes, NetNamespace host, string port, int? master, IPNetwork network, IPAddress address, IPAddress gateway)
    {
        routes.AddLink(new VethSpec { Name = port, PeerName = "eth0", PeerNamespace = host, Master = master, Up = true });
        using var inside = RouteClient.In(host);
        var eth0 = inside.GetLink("eth0").Index;
        Assign(inside, eth0, address, network);
        inside.SetLink(eth0, new LinkChange { Up = true });
        inside.AddRoute(new RouteSpec { Gateway = gateway, LinkIndex = eth0 });
    }

    private static void Assign(RouteClient routes, int link, IPAddress address, IPNetwork network) =>
        routes.AddAddress(new AddressSpec { LinkIndex = link, Address = address, PrefixLength = network.PrefixLength });

    private static void MakeRouter()
    {
        Sysctl.Write("net.ipv4.ip_forward", "1");
        // A new namespace takes the IPv4 defaults of the first one, whatever they are there; so say what we need.
        Sysctl.Write("net.ipv4.conf.all.rp_filter", "0");
        Sysctl.Write("net.ipv4.conf.default.rp_filter", "0");
    }

    // The cluster is IPv4 only so far; without this each device would send router solicitations and MLD reports.
    private static void DisableIPv6()
    {
        foreach (var scope in new[] { "all", "default" })
        {
            if (Sysctl.Exists($"net.ipv6.conf.{scope}.disable_ipv6"))
                Sysctl.Write($"net.ipv6.conf.{scope}.disable_ipv6", "1");
        }
    }
}
