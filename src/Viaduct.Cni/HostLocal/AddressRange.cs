using System.Net;
using Viaduct.Addressing;
using Viaduct.Cni.Types;

namespace Viaduct.Cni.HostLocal;

/// <summary>A part of a subnet to hand out addresses from; the gateway is never handed out.</summary>
internal sealed record AddressRange(IPNetwork Subnet, UInt128 First, UInt128 Last, UInt128 Gateway)
{
    public static AddressRange Read(ConfigReader config)
    {
        var path = config.PathOf("subnet");
        var subnet = config.Network("subnet") ?? throw CniException.InvalidConfiguration($"{path} is missing");
        if (subnet.HostBits() < 2)
            throw CniException.InvalidConfiguration($"{path}: network {subnet} is too small to allocate from; it needs a prefix of at most {subnet.Bits() - 2}");
        // The first address is the network's (IPv4) or the routers' anycast address (IPv6, RFC 4291 2.6.1); the last one of IPv4 is for broadcasts.
        var lowest = subnet.First() + 1u;
        var highest = subnet.IsIPv6() ? subnet.Last() : subnet.Last() - 1u;
        var first = Inside(config, "rangeStart", subnet, lowest);
        var last = Inside(config, "rangeEnd", subnet, highest);
        if (first > last)
            throw CniException.InvalidConfiguration($"{config.PathOf("rangeStart")}: {Cidr.ToAddress(first, subnet.Family())} comes after rangeEnd {Cidr.ToAddress(last, subnet.Family())}");
        return new AddressRange(subnet, UInt128.Max(first, lowest), UInt128.Min(last, highest), Inside(config, "gateway", subnet, lowest));
    }

    public IPAddress GatewayAddress => AddressOf(Gateway);

    public IPAddress AddressOf(UInt128 number) => Cidr.ToAddress(number, Subnet.Family());

    public bool Contains(IPAddress address) => address.AddressFamily == Subnet.Family() && address.ToNumber() is var number && number >= First && number <= Last;

    public bool Overlaps(AddressRange other) => Subnet.Overlaps(other.Subnet);

    public override string ToString() => $"{AddressOf(First)}-{AddressOf(Last)}";

    private static UInt128 Inside(ConfigReader config, string key, IPNetwork subnet, UInt128 otherwise)
    {
        if (config.Address(key) is not { } address)
            return otherwise;
        return subnet.Contains(address)
            ? address.ToNumber()
            : throw CniException.InvalidConfiguration($"{config.PathOf(key)}: {address} is not in network {subnet}");
    }
}
