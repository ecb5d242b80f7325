using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// Cluster addresses of Services. The network and the broadcast address are never handed out; the first addresses of the
/// block (16 to 256 of them) are left for people who choose one (KEP-3070: size/16, from 16 to 256; none in a block of 16 or less).
/// </summary>
public sealed class ServiceAddressAllocator
{
    /// <summary>The kube-apiserver's limit too: 20 bits for hosts.</summary>
    private const int ShortestPrefix = 12;
    private const int LongestPrefix = 29;
    private readonly BandedAllocator _numbers;

    /// <exception cref="AddressingException">The block is too large or too small.</exception>
    public ServiceAddressAllocator(IPNetwork serviceCidr, Random? random = null)
    {
        if (serviceCidr.PrefixLength is < ShortestPrefix or > LongestPrefix)
            throw new AddressingException($"serviceCIDR: {serviceCidr} must have a prefix from /{ShortestPrefix} to /{LongestPrefix}.");
        ServiceCidr = serviceCidr;
        StaticBand = StaticBandOf(serviceCidr.Size());
        _numbers = new BandedAllocator((int)serviceCidr.Size() - 2, StaticBand, random ?? Random.Shared);
    }

    public IPNetwork ServiceCidr { get; }

    /// <summary>How many addresses after the network address are handed out last.</summary>
    public int StaticBand { get; }

    public int Free => _numbers.Free;

    /// <summary>The first usable address, which belongs to the Service <c>kubernetes</c>.</summary>
    public IPAddress First => ServiceCidr.AddressAt(1);

    /// <summary>Takes this address, if it is free.</summary>
    public Reservation Reserve(IPAddress address) => _numbers.Reserve(NumberOf(address));

    /// <summary>Takes a free address; null when all are taken.</summary>
    public IPAddress? Allocate() => _numbers.Allocate() is { } number ? ServiceCidr.AddressAt(number + 1) : null;

    /// <summary>Gives an address back; false when it was free.</summary>
    public bool Release(IPAddress address) => _numbers.Release(NumberOf(address));

    public bool IsTaken(IPAddress address) => _numbers.IsTaken(NumberOf(address));

    private long NumberOf(IPAddress address) => ServiceCidr.OffsetOf(address) - 1;

    private static int StaticBandOf(long size) => size <= 16 ? 0 : (int)Math.Clamp(size / 16, 16, 256);
}
