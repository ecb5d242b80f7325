using System.Net;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>
/// Addresses of Services while another mode serves and connections through IPVS go on. This node must still take them in, but no process of it may take one as
/// the source of a connection that begins now, as it does with an address of kube-ipvs0: that connection would end with the address. So they are local by
/// routes instead of being any link's.
/// </summary>
internal sealed class LingeringAddresses(RouteClient route, IPFamily family)
{
    /// <summary>By which routes are known as these (rtm_protocol). The node agent's routes have 86.</summary>
    public const byte RouteProtocol = 87;

    private readonly HashSet<PackedAddress> moved = [];

    /// <summary>Takes addresses off kube-ipvs0 without a moment in which they are not local.</summary>
    /// <param name="addresses">All that are there, with their prefix.</param>
    /// <param name="source">What the node's processes take as their source; null leaves the choice to the kernel, which takes the Service's address.</param>
    public void Take(IReadOnlyList<AddressSpec> addresses, IPAddress? source)
    {
        var loopback = route.GetLink("lo").Index;
        foreach (var address in addresses)
        {
            moved.Add(PackedAddress.From(address.Address));
            route.ReplaceRoute(Spec(new IPNetwork(address.Address, address.PrefixLength), loopback) with { Source = source });
        }

        if (addresses.Count > 0)
            route.DeleteAddresses([.. addresses]);
    }

    /// <summary>Whether a process of this node has a connection that began before that, from one of the addresses.</summary>
    public bool HaveConnections(ConntrackClient conntrack)
    {
        var found = false;
        conntrack.Read(
            new ConntrackFilter(family.ToAddressFamily(), (byte)TransportProtocol.Tcp),
            () => found = false,
            (in flow) => found |= flow.TcpState is >= ConntrackTcpState.SynSent and <= ConntrackTcpState.LastAck && moved.Contains(PackedAddress.Read(flow.Original.Source)));
        return found;
    }

    /// <summary>Removes the routes, also of an earlier life of the proxy.</summary>
    public void Remove()
    {
        foreach (var found in route.ListRoutes(RouteTable.Local).Where(r => r.Protocol == RouteProtocol && r.Destination.BaseAddress.AddressFamily == family.ToAddressFamily()))
            Delete(found);
        moved.Clear();
    }

    private void Delete(RouteInfo found)
    {
        try
        {
            route.DeleteRoute(Spec(found.Destination, found.LinkIndex!.Value));
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            // Gone already.
        }
    }

    // The kernel prefers its own route for an address of a link, whose metric is 0.
    private static RouteSpec Spec(IPNetwork destination, int link) =>
        new() { Destination = destination, LinkIndex = link, Type = RouteType.Local, Table = RouteTable.Local, Protocol = RouteProtocol, Metric = 1 };
}
