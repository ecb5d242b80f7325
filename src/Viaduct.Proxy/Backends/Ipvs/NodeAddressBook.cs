using System.Collections.Immutable;
using System.Net;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>The addresses that this node has on links other than kube-ipvs0. Immutable.</summary>
internal sealed class NodeAddressBook
{
    private readonly HashSet<PackedAddress> all;

    public NodeAddressBook(IEnumerable<IPAddress> addresses, BackendOptions options)
    {
        all = [.. addresses.Where(a => a.AddressFamily == options.Family.ToAddressFamily()).Select(PackedAddress.From)];
        Source = all.Select(a => a.ToIPAddress()).FirstOrDefault(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal);
        ForNodePorts = [.. all.Where(a => IsForNodePorts(a.ToIPAddress(), options)).Order()];
    }

    /// <summary>
    /// Those that node ports answer on. The loopback address is never among them: the kernel does not let IPVS send packets with a source of
    /// 127.0.0.0/8 to another host (crosses_local_route_boundary in ip_vs_xmit.c).
    /// </summary>
    public ImmutableArray<PackedAddress> ForNodePorts { get; }

    /// <summary>One that a process may take as its source; null if the node has none.</summary>
    public IPAddress? Source { get; }

    public bool Has(PackedAddress address) => all.Contains(address);

    /// <summary>Whether both have the same addresses.</summary>
    public bool IsSameAs(NodeAddressBook other) => all.SetEquals(other.all);

    public static NodeAddressBook Read(RouteClient route, BackendOptions options, int? dummy) =>
        new(route.ListAddresses().Where(a => a.LinkIndex != dummy).Select(a => a.Address), options);

    private static bool IsForNodePorts(IPAddress address, BackendOptions options) =>
        !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && (options.NodePortNetworks.IsEmpty || options.NodePortNetworks.Any(n => n.Contains(address)));
}
