using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// Cluster addresses of Services, of one family. The network address and IPv4's broadcast address are never handed out; the first addresses of
/// the block (16 to 256 of them) are left for people who choose one (KEP-3070: size/16, from 16 to 256; none in a block of 16 or less).
/// </summary>
public sealed class ServiceAddressAllocator
{
    /// <summary>The kube-apiserver's limits, too: 3 to 20 bits for hosts.</summary>
    private const int FewestHostBits = 3;
    private const int MostHostBits = 20;
    private readonly BandedAllocator _numbers;

    /// <exception cref="AddressingException">The block is too large or too small.</exception>
    public ServiceAddressAllocator(IPNetwork serviceCidr, Random? random = null)
    {
        if (serviceCidr.HostBits() is < FewestHostBits or > MostHostBits)
        {
            throw new AddressingException(
                $"serviceCidr: {serviceCidr} must have a prefix from /{serviceCidr.Bits() - MostHostBits} to /{serviceCidr.Bits() - FewestHostBits}.");
        }
        ServiceCidr = serviceCidr;
        StaticBand = StaticBandOf(serviceCidr);
        Capacity = (int)serviceCidr.Size() - (serviceCidr.IsIPv6() ? 1 : 2);
        _numbers = new BandedAllocator(Capacity, StaticBand, random ?? Random.Shared);
    }

    public IPNetwork ServiceCidr { get; }

    /// <summary>How many addresses after the network address are handed out last.</summary>
    public int StaticBand { get; }

    /// <summary>How many Services the block has addresses for.</summary>
    public int Capacity { get; }

    public int Free => _numbers.Free;

    /// <summary>The first usable address, which belongs to the Service <c>kubernetes</c>.</summary>
    public IPAddress First => ServiceCidr.AddressAt(1u);

    /// <summary>Takes this address, if it is free.</summary>
    public Reservation Reserve(IPAddress address) => _numbers.Reserve(NumberOf(address));

    /// <summary>Takes a free address; null when all are taken.</summary>
    public IPAddress? Allocate() => _numbers.Allocate() is { } number ? ServiceCidr.AddressAt((uint)number + 1) : null;

    /// <summary>Gives an address back; false when it was free.</summary>
    public bool Release(IPAddress address) => _numbers.Release(NumberOf(address));

    public bool IsTaken(IPAddress address) => _numbers.IsTaken(NumberOf(address));

    internal static int StaticBandOf(IPNetwork serviceCidr) =>
        serviceCidr.Size() <= 16u ? 0 : (int)UInt128.Clamp(serviceCidr.Size() / 16u, 16u, 256u);

    private UInt128? NumberOf(IPAddress address) => ServiceCidr.OffsetOf(address) is { } offset && offset > 0u ? offset - 1u : null;
}
