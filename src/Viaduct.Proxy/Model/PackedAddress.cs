using System.Buffers.Binary;
using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>
/// An IPv4 or IPv6 address in 16 bytes without an object of its own: a node holds hundreds of thousands. IPv4 is kept as
/// <c>::ffff:a.b.c.d</c> (RFC 4291, 2.5.5.2), which no Service or pod has as its IPv6 address. The default value is no address.
/// </summary>
public readonly struct PackedAddress : IEquatable<PackedAddress>, IComparable<PackedAddress>
{
    private const ulong MappedPrefix = 0xffff_0000_0000;
    private readonly ulong high;
    private readonly ulong low;

    private PackedAddress(ulong high, ulong low)
    {
        this.high = high;
        this.low = low;
    }

    /// <summary>Addresses are in the order of their values.</summary>
    internal UInt128 Value => new(high, low);

    public bool IsNone => high == 0 && low == 0;

    public bool IsIPv4 => high == 0 && (low & ~0xffff_fffful) == MappedPrefix;

    public IPFamily Family => IsIPv4 ? IPFamily.IPv4 : IPFamily.IPv6;

    /// <summary>Bytes that <see cref="WriteTo"/> writes: 4 or 16.</summary>
    public int Length => IsIPv4 ? 4 : 16;

    public static PackedAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return Read(bytes[..length]);
    }

    /// <summary>Reads 4 or 16 bytes in network order.</summary>
    public static PackedAddress Read(ReadOnlySpan<byte> bytes) => bytes.Length == 4
        ? new(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes))
        : new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes the address in network order.</summary>
    public int WriteTo(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)low);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], low);
        return 16;
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteTo(bytes)]);
    }

    public int CompareTo(PackedAddress other) => high != other.high ? high.CompareTo(other.high) : low.CompareTo(other.low);

    public bool Equals(PackedAddress other) => high == other.high && low == other.low;

    public override bool Equals(object? obj) => obj is PackedAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(high, low);

    public static bool operator ==(PackedAddress left, PackedAddress right) => left.Equals(right);

    public static bool operator !=(PackedAddress left, PackedAddress right) => !left.Equals(right);

    public static bool operator <(PackedAddress left, PackedAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(PackedAddress left, PackedAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(PackedAddress left, PackedAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PackedAddress left, PackedAddress right) => left.CompareTo(right) >= 0;

    public override string ToString() => IsNone ? "none" : ToIPAddress().ToString();
}
