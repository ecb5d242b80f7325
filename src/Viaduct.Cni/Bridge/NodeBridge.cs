using Viaduct.Cni.Types;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Cni.Bridge;

/// <summary>
/// The bridge and its gateway addresses. They belong to the node, not to one attachment: made when the first attachment needs them, kept by a failed ADD, as
/// another ADD may use them already. Every step bears others doing the same at the same time.
/// </summary>
internal static class NodeBridge
{
    public static LinkInfo Ensure(RouteClient route, BridgeConfig config, IReadOnlyList<CniIp> ips)
    {
        var bridge = route.FindLink(config.Bridge) ?? Create(route, config);
        if (bridge.Kind != "bridge")
            throw CniException.InvalidConfiguration($"bridge: \"{config.Bridge}\" already exists but is not a bridge; rename it or choose another name");
        if (!bridge.IsUp)
            route.SetLink(bridge.Index, new LinkChange { Up = true });
        if (config.IsGateway)
            EnsureGateway(route, config, bridge, ips);
        return bridge;
    }

    // An address given at the creation stays: otherwise a bridge takes the lowest of its ports' addresses (br_stp_recalculate_bridge_id), and with each pod
    // that comes or goes, the gateway's hardware address could change under everybody.
    private static LinkInfo Create(RouteClient route, BridgeConfig config)
    {
        try
        {
            route.AddLink(new BridgeSpec { Name = config.Bridge, Address = MacAddress.Random(), Mtu = config.Mtu, Up = true });
        }
        catch (NetlinkException e) when (e.IsAlreadyExists)
        {
            // Another ADD was faster.
        }
        WriteIfThere($"net/ipv6/conf/{config.Bridge}/accept_ra", "0");
        return route.GetLink(config.Bridge);
    }

    private static void EnsureGateway(RouteClient route, BridgeConfig config, LinkInfo bridge, IReadOnlyList<CniIp> ips)
    {
        var wanted = ips.Where(ip => ip.Gateway is not null)
            .Select(ip => PodInterface.Spec(bridge.Index, ip with { Address = ip.Gateway! })).ToList();
        if (wanted.Any(spec => PodInterface.IsIPv6(spec.Address)))
            PrepareIPv6(config.Bridge);
        var present = route.ListAddresses(bridge.Index).Where(a => !a.Address.IsIPv6LinkLocal).ToList();
        foreach (var other in present.Where(a => !wanted.Any(spec => IsSame(spec, a))))
            RemoveOther(route, config, other, wanted);
        foreach (var spec in wanted.Where(spec => !present.Any(a => IsSame(spec, a))))
            AddIfMissing(route, spec);
        if (wanted.Any(spec => !PodInterface.IsIPv6(spec.Address)))
            Sysctl.Write("net.ipv4.ip_forward", "1");
    }

    private static void PrepareIPv6(string bridge)
    {
        WriteIfThere($"net/ipv6/conf/{bridge}/disable_ipv6", "0");
        WriteIfThere($"net/ipv6/conf/{bridge}/keep_addr_on_down", "1");
        WriteIfThere("net/ipv6/conf/all/forwarding", "1");
    }

    private static void WriteIfThere(string name, string value)
    {
        if (Sysctl.Exists(name))
            Sysctl.Write(name, value);
    }

    private static void RemoveOther(RouteClient route, BridgeConfig config, AddressInfo other, List<AddressSpec> wanted)
    {
        if (!config.ForceAddress)
            throw CniException.InvalidConfiguration($"bridge: \"{config.Bridge}\" already has the address {other.Address}/{other.PrefixLength}, different from {string.Join(", ", wanted)}; delete it or set forceAddress");
        route.DeleteAddress(new AddressSpec { LinkIndex = other.LinkIndex, Address = other.Address, PrefixLength = other.PrefixLength });
    }

    private static void AddIfMissing(RouteClient route, AddressSpec spec)
    {
        try
        {
            route.AddAddress(spec);
        }
        catch (NetlinkException e) when (e.IsAlreadyExists)
        {
            // Another ADD was faster.
        }
    }

    private static bool IsSame(AddressSpec spec, AddressInfo info) => spec.Address.Equals(info.Address) && spec.PrefixLength == info.PrefixLength;
}
