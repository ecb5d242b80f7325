using System.Net;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Network;

/// <content>Links, addresses and routes.</content>
public sealed partial class LabHost
{
    public void AddBridge(string name)
    {
        Note($"ip link add name {name} type bridge");
        route.AddLink(new BridgeSpec { Name = name });
    }

    /// <summary>A pair of linked devices with fixed hardware addresses, so that every run shows the same.</summary>
    /// <param name="name">One end.</param>
    /// <param name="peer">The other end.</param>
    /// <param name="address">The hardware address of <paramref name="name"/>.</param>
    /// <param name="peerAddress">The hardware address of <paramref name="peer"/>.</param>
    /// <param name="peerHost">Where the other end is; here when null.</param>
    public void AddVeth(string name, string peer, string address, string peerAddress, LabHost? peerHost = null)
    {
        Note($"ip link add {name} address {address} type veth peer name {peer} address {peerAddress}{(peerHost is null ? "" : $" netns {peerHost.Name}")}");
        route.AddLink(new VethSpec
        {
            Name = name,
            Address = MacAddress.Parse(address),
            PeerName = peer,
            PeerAddress = MacAddress.Parse(peerAddress),
            PeerNamespace = peerHost?.Namespace,
        });
    }

    public void SetUp(string link)
    {
        Note($"ip link set {link} up");
        route.SetLink(Link(link).Index, new LinkChange { Up = true });
    }

    public void SetDown(string link)
    {
        Note($"ip link set {link} down");
        route.SetLink(Link(link).Index, new LinkChange { Up = false });
    }

    /// <summary>Gives a link another hardware address.</summary>
    public void SetMac(string link, string address)
    {
        Note($"ip link set dev {link} address {address}");
        route.SetLink(Link(link).Index, new LinkChange { Address = MacAddress.Parse(address) });
    }

    public void SetMaster(string link, string bridge)
    {
        Note($"ip link set dev {link} master {bridge}");
        route.SetLink(Link(link).Index, new LinkChange { Master = Link(bridge).Index });
    }

    public void SetNoMaster(string link)
    {
        Note($"ip link set dev {link} nomaster");
        route.SetLink(Link(link).Index, new LinkChange { Master = 0 });
    }

    /// <param name="link">Where.</param>
    /// <param name="address">With its prefix's length: 192.168.3.101/24.</param>
    public void AddAddress(string link, string address)
    {
        Note($"ip addr add {address} dev {link}");
        route.AddAddress(Address(link, address));
    }

    public void DeleteAddress(string link, string address)
    {
        Note($"ip addr del {address} dev {link}");
        route.DeleteAddress(Address(link, address));
    }

    /// <summary>The addresses of a link, or of all links, with their prefixes' lengths.</summary>
    public IReadOnlyList<string> Addresses(string? link = null) => Addresses(route, link);

    internal static IReadOnlyList<string> Addresses(RouteClient route, string? link) =>
        [.. route.ListAddresses(link is null ? null : route.GetLink(link).Index).Select(a => $"{a.Address}/{a.PrefixLength}")];

    public void AddDefaultRoute(string gateway)
    {
        Note($"ip route add default via {gateway}");
        route.AddRoute(new RouteSpec { Gateway = IPAddress.Parse(gateway) });
    }

    /// <summary>The routes of the main table as <c>ip route</c> prints them, without what the kernel adds by itself for a prefix.</summary>
    public IReadOnlyList<string> Routes() =>
        [.. route.ListRoutes().Select(r => $"{(r.IsDefault ? "default" : r.Destination.ToString())}{(r.Gateway is null ? "" : $" via {r.Gateway}")} dev {NameOf(r.LinkIndex)}")];

    /// <summary>What the host believes of a neighbour: its hardware address, or the state of the search; null if it never asked.</summary>
    public NeighborInfo? Neighbor(string link, string address) =>
        route.ListNeighbors(Link(link).Index).FirstOrDefault(n => n.Address.Equals(IPAddress.Parse(address)));

    /// <summary>Forgets all neighbours of a link. Like <c>ip neigh flush dev LINK</c>.</summary>
    public void ForgetNeighbors(string link)
    {
        Note($"ip neigh flush dev {link}");
        var index = Link(link).Index;
        foreach (var neighbor in route.ListNeighbors(index))
            route.DeleteNeighbor(index, neighbor.Address);
    }

    private string NameOf(int? index) => route.ListLinks().First(l => l.Index == index).Name;

    private AddressSpec Address(string link, string address)
    {
        var network = address.Split('/');
        return new AddressSpec { LinkIndex = Link(link).Index, Address = IPAddress.Parse(network[0]), PrefixLength = int.Parse(network[1], System.Globalization.CultureInfo.InvariantCulture) };
    }
}
