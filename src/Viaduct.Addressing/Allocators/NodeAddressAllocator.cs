using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// The addresses of one vSwitch: for its router, and then for nodes in turn; a freed address is used again last, as neighbours may still know its
/// former owner. Of an IPv6 block or a very large one only the first million addresses are used. Not for concurrent use.
/// </summary>
public sealed class NodeAddressAllocator
{
    private const int MostHostBits = 20;

    /// <summary>Network address and router.</summary>
    private const uint Head = 2;
    private readonly NextFitAllocator _numbers;

    /// <exception cref="AddressingException">The block has no room for a node.</exception>
    public NodeAddressAllocator(IPNetwork vSwitch)
    {
        var room = UInt128.Min(vSwitch.Size(), 1u << MostHostBits) - UInt128.Min(vSwitch.Size(), Head + (vSwitch.IsIPv6() ? 0u : 1u));
        if (room == 0u)
            throw new AddressingException($"The vSwitch {vSwitch} has no room for a node; give it a larger range.");
        VSwitch = vSwitch;
        _numbers = new NextFitAllocator((int)room);
    }

    public IPNetwork VSwitch { get; }

    /// <summary>The first usable address, which the router has.</summary>
    public IPAddress Gateway => VSwitch.AddressAt(1u);

    public int Free => _numbers.Free;

    /// <summary>Takes the next free address; null when all are taken.</summary>
    public IPAddress? Allocate() => _numbers.Allocate() is { } number ? VSwitch.AddressAt((uint)number + Head) : null;

    /// <summary>Takes this address, if it is free; network, router and broadcast address are out of range.</summary>
    public Reservation Reserve(IPAddress address) =>
        IndexOf(address) is not { } index ? Reservation.OutOfRange : _numbers.Reserve(index) ? Reservation.Reserved : Reservation.Taken;

    /// <summary>Gives an address back; false when it was free.</summary>
    public bool Release(IPAddress address) => IndexOf(address) is { } index && _numbers.Release(index);

    private int? IndexOf(IPAddress address) =>
        VSwitch.OffsetOf(address) is { } offset && offset >= Head && offset - Head < (uint)_numbers.Size ? (int)(offset - Head) : null;
}
