using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Drawing;

/// <summary>Reads links, addresses and routes of namespaces over rtnetlink; changes nothing.</summary>
public static class NetworkReader
{
    /// <summary>What is in <paramref name="namespaces"/>, with each veth's other end where it is in one of them.</summary>
    /// <param name="namespaces">Those to look at.</param>
    /// <param name="withRoutes">Whether the routes are read, too.</param>
    public static NetworkView Read(IReadOnlyList<NamespaceToDraw> namespaces, bool withRoutes = false)
    {
        var readings = namespaces.Select(n => NamespaceReading.Of(n, namespaces, withRoutes)).ToList();
        var links = new LinkResolver(readings);
        return new NetworkView([.. readings.Select(r => View(r, links))]);
    }

    private static NamespaceView View(NamespaceReading reading, LinkResolver links)
    {
        var names = reading.Links.ToDictionary(l => l.Index, l => l.Name);
        return new NamespaceView
        {
            Name = reading.Name,
            Devices = [.. reading.Links.Where(l => !l.IsLoopback).Select(l => View(reading, l, names, links.OtherEnd(reading, l)))],
            // Each device has a link-local one of IPv6, which says nothing.
            Routes = [.. reading.Routes.Where(r => !IsLinkLocal(r.Destination.BaseAddress)).Select(r => Text(r, names))],
        };
    }

    private static DeviceView View(NamespaceReading reading, LinkInfo link, Dictionary<int, string> names, DeviceName? other) => new()
    {
        Name = link.Name,
        Kind = link.Kind,
        Mac = link.Address?.ToString(),
        Mtu = link.Mtu,
        IsUp = link.IsUp,
        HasCarrier = link.IsRunning,
        Addresses = [.. reading.Addresses.Where(a => a.LinkIndex == link.Index && !IsLinkLocal(a.Address)).Select(a => new AddressView(a.Address, a.PrefixLength))],
        Master = link.Master is { } master ? names.GetValueOrDefault(master) : null,
        Peer = link.Kind == "veth" ? other : null,
        Lower = link.Kind == "veth" ? null : other,
    };

    private static bool IsLinkLocal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv6LinkLocal;

    private static string Text(RouteInfo route, Dictionary<int, string> names) =>
        (route.IsDefault ? "default" : route.Destination.ToString())
        + (route.Gateway is null ? "" : $" via {route.Gateway}")
        + (route.LinkIndex is { } link ? $" dev {names.GetValueOrDefault(link, link.ToString(System.Globalization.CultureInfo.InvariantCulture))}" : "")
        + (route.Source is null ? "" : $" src {route.Source}");
}
