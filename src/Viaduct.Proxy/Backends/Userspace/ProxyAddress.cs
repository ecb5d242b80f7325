using System.Net;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// The address that the proxy listens on: one of this node's loopback device that nobody else uses. On 127.0.0.1 only processes of this node could be led there
/// (a packet from elsewhere would need route_localnet, and IPv6 has nothing like it); on the node's addresses, the ports would be open to everybody.
/// </summary>
internal static class ProxyAddress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly IPAddress IPv4 = IPAddress.Parse("169.254.86.68");
    private static readonly IPAddress IPv6 = IPAddress.Parse("fd56:6961:6475:6374::1");

    public static PackedAddress Of(IPFamily family) => PackedAddress.From(Text(family));

    /// <summary>Puts the address on the calling thread's network namespace unless it is there. Packets to it arrive from then on.</summary>
    public static void Add(IPFamily family)
    {
        using var route = new RouteClient();
        var loopback = route.GetLink("lo").Index;
        if (route.ListAddresses(loopback).Any(a => a.Address.Equals(Text(family))))
            return;
        using var watch = new LocalAddressWatch();
        route.AddAddress(Spec(family, loopback));
        watch.WaitAsync([Text(family)], CancellationToken.None).WaitAsync(Patience).GetAwaiter().GetResult();
    }

    /// <summary>Whether it is the address that a notice tells of.</summary>
    public static bool Is(AddressInfo? info, IPFamily family) => Text(family).Equals(info?.Address);

    /// <summary>Takes it off again, if it is there.</summary>
    public static void Remove(IPFamily family)
    {
        using var route = new RouteClient();
        try
        {
            route.DeleteAddress(Spec(family, route.GetLink("lo").Index));
        }
        catch (NetlinkException e) when (e.Errno is Errno.EADDRNOTAVAIL)
        {
            // It was never there.
        }
    }

    private static IPAddress Text(IPFamily family) => family == IPFamily.IPv4 ? IPv4 : IPv6;

    private static AddressSpec Spec(IPFamily family, int link) => new()
    {
        LinkIndex = link,
        Address = Text(family),
        PrefixLength = family == IPFamily.IPv4 ? 32 : 128,
        SkipsDuplicateDetection = true,
        IsNoSource = true,
    };
}
