using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What a slot of a frontend leads to.</summary>
/// <param name="Address">The endpoint's address; none is an empty slot, which only a table that somebody edited has.</param>
/// <param name="Port">Its port.</param>
/// <param name="IsHairpin">Whether the endpoint is counted among those that may meet themselves.</param>
internal readonly record struct Slot(PackedAddress Address, ushort Port, bool IsHairpin)
{
    public Slot(ProxyEndpoint endpoint)
        : this(endpoint.Target.Address, endpoint.Target.Port, !endpoint.IsRemote)
    {
    }

    public bool IsEmpty => Address.IsNone;

    public EndpointAddress Target => new(Address, Port);

    public bool HasTargetOf(Slot other) => Port == other.Port && Address == other.Address;
}
