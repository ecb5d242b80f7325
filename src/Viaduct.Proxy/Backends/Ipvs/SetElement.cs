using System.Net;
using Viaduct.Linux.Ipset;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>An entry of one of the sets, without its mark. What a set's type does not have is the default value.</summary>
internal readonly record struct SetElement(IpvsSet Set, PackedAddress Address, TransportProtocol Protocol, ushort Port, PackedAddress Second, byte Prefix)
{
    public static SetElement Of(IpvsSet set, VirtualKey key) => new(set, key.Address, key.Protocol, key.Port, default, 0);

    public static SetElement Of(IpvsSet set, PackedAddress address) => new(set, address, default, 0, default, 0);

    public static SetElement LoopBack(EndpointAddress endpoint, TransportProtocol protocol) =>
        new(IpvsSet.LoopBack, endpoint.Address, protocol, endpoint.Port, endpoint.Address, 0);

    public static SetElement SourceRange(VirtualKey key, IPNetwork network) =>
        new(IpvsSet.SourceRanges, key.Address, key.Protocol, key.Port, PackedAddress.From(network.BaseAddress), (byte)network.PrefixLength);

    public static SetElement ServiceCidr(IPNetwork network) =>
        new(IpvsSet.ServiceCidrs, PackedAddress.From(network.BaseAddress), default, 0, default, (byte)network.PrefixLength);

    public static SetElement Read(IpvsSet set, IpsetEntry entry) => new(
        set,
        PackedAddress.From(entry.Address),
        (TransportProtocol)entry.Protocol,
        entry.Port ?? 0,
        entry.SecondAddress is { } second ? PackedAddress.From(second) : default,
        set == IpvsSet.ServiceCidrs ? entry.Prefix ?? WholePrefix(entry.Address) : set == IpvsSet.SourceRanges ? entry.SecondPrefix ?? WholePrefix(entry.Address) : (byte)0);

    public IpsetEntry ToEntry(uint mark) => new()
    {
        Address = Address.ToIPAddress(),
        Prefix = Set == IpvsSet.ServiceCidrs ? Prefix : null,
        Protocol = (byte)Protocol,
        Port = Protocol == default ? null : Port,
        SecondAddress = Second.IsNone && Set is not (IpvsSet.SourceRanges or IpvsSet.LoopBack) ? null : Second.ToIPAddress(),
        SecondPrefix = Set == IpvsSet.SourceRanges ? Prefix : null,
        Mark = mark == 0 ? null : mark,
    };

    /// <summary>As ipset(8) prints entries.</summary>
    public override string ToString()
    {
        var port = Protocol == default ? "" : $",{Protocol.Name()}:{Port}";
        var second = Set is IpvsSet.SourceRanges or IpvsSet.LoopBack ? $",{(Second.IsNone ? "0.0.0.0" : Second.ToString())}" : "";
        return $"{Address}{port}{second}{(Set is IpvsSet.SourceRanges or IpvsSet.ServiceCidrs ? $"/{Prefix}" : "")}";
    }

    private static byte WholePrefix(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? (byte)32 : (byte)128;
}
