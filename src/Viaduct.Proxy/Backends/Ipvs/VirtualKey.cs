using Viaduct.Linux.Ipvs;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>A virtual service's key without objects: an address, protocol and port, or a mark (and the protocol, for ourselves).</summary>
internal readonly record struct VirtualKey(PackedAddress Address, TransportProtocol Protocol, ushort Port, uint Mark)
{
    public static VirtualKey On(PackedAddress address, TransportProtocol protocol, ushort port) => new(address, protocol, port, 0);

    public static VirtualKey Marked(uint mark) => new(default, default, 0, mark);

    public static VirtualKey Read(VirtualServiceKey key) =>
        key.Address is { } address ? On(PackedAddress.From(address), (TransportProtocol)key.Protocol, key.Port) : Marked(key.FirewallMark);

    public VirtualServiceKey ToServiceKey(IPFamily family) => Mark != 0
        ? VirtualServiceKey.Marked(family.ToAddressFamily(), Mark)
        : VirtualServiceKey.On((byte)Protocol, Address.ToIPAddress(), Port);
}
