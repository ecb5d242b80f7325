using System.Buffers.Binary;
using System.Net;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>Ports that nodes open for Services; both ends belong to it.</summary>
public readonly record struct PortRange(int First, int Last)
{
    public static PortRange Default { get; } = new(30000, 32767);

    public override string ToString() => $"{First}-{Last}";
}

/// <summary>The cluster addresses and node ports of Services, and which are taken. Used only on the store's writer.</summary>
internal sealed class ServiceRanges
{
    private readonly NumberPool _addresses;
    private readonly NumberPool _ports;

    public ServiceRanges(IPNetwork cidr, PortRange ports)
    {
        Cidr = cidr;
        Ports = ports;
        // Neither the network's own address nor the broadcast address is handed out.
        var size = (1u << (32 - cidr.PrefixLength)) - 2;
        _addresses = new NumberPool(ToNumber(cidr.BaseAddress) + 1, size, AddressBand(size));
        var count = (uint)(ports.Last - ports.First + 1);
        _ports = new NumberPool((uint)ports.First, count, Math.Min(Math.Max(16, count / 32), 128));
    }

    public IPNetwork Cidr { get; }

    public PortRange Ports { get; }

    /// <summary>The address of the Service <c>kubernetes</c>.</summary>
    public IPAddress FirstAddress => ToAddress(_addresses.First);

    public bool ContainsAddress(IPAddress address) => _addresses.Contains(ToNumber(address));

    public bool TryTakeAddress(IPAddress address) => _addresses.TryTake(ToNumber(address));

    public IPAddress? TakeAnyAddress() => _addresses.TakeAny() is { } number ? ToAddress(number) : null;

    public void GiveBackAddress(IPAddress address) => _addresses.GiveBack(ToNumber(address));

    public bool ContainsPort(long port) => port >= Ports.First && port <= Ports.Last;

    public bool TryTakePort(long port) => _ports.TryTake((uint)port);

    public long? TakeAnyPort() => _ports.TakeAny();

    public void GiveBackPort(long port) => _ports.GiveBack((uint)port);

    private static uint AddressBand(uint size) => size <= 16 ? 0 : Math.Min(Math.Max(16, (size + 2) / 16), 256);

    private static uint ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out _) ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;
    }

    private static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
