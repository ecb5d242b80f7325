using System.Net;
using Viaduct.Cni.Types;

namespace Viaduct.Cni.HostLocal;

/// <summary>A part of a subnet to hand out addresses from; the gateway is never handed out.</summary>
internal sealed record AddressRange(IPNetwork Subnet, uint First, uint Last, uint Gateway)
{
    public static AddressRange Read(ConfigReader config)
    {
        var path = config.PathOf("subnet");
        var subnet = config.Network("subnet") ?? throw CniException.InvalidConfiguration($"{path} is missing");
        if (subnet.PrefixLength > 30)
            throw CniException.InvalidConfiguration($"{path}: network {subnet} is too small to allocate from; it needs a prefix of at most 30");
        var network = IPv4.ToNumber(subnet.BaseAddress);
        var broadcast = network | ~IPv4.Mask(subnet.PrefixLength);
        var first = Inside(config, "rangeStart", subnet, network + 1);
        var last = Inside(config, "rangeEnd", subnet, broadcast - 1);
        if (first > last)
            throw CniException.InvalidConfiguration($"{config.PathOf("rangeStart")}: {IPv4.FromNumber(first)} comes after rangeEnd {IPv4.FromNumber(last)}");
        return new AddressRange(subnet, Math.Max(first, network + 1), Math.Min(last, broadcast - 1), Inside(config, "gateway", subnet, network + 1));
    }

    public bool Contains(uint address) => address >= First && address <= Last;

    public bool Overlaps(AddressRange other) => Subnet.Contains(other.Subnet.BaseAddress) || other.Subnet.Contains(Subnet.BaseAddress);

    public override string ToString() => $"{IPv4.FromNumber(First)}-{IPv4.FromNumber(Last)}";

    private static uint Inside(ConfigReader config, string key, IPNetwork subnet, uint otherwise)
    {
        if (config.Address(key) is not { } address)
            return otherwise;
        return subnet.Contains(address)
            ? IPv4.ToNumber(address)
            : throw CniException.InvalidConfiguration($"{config.PathOf(key)}: {address} is not in network {subnet}");
    }
}
