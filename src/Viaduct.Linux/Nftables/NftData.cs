using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Viaduct.Linux.Nftables;

/// <summary>
/// Bytes that a rule compares with or a set contains, as they lie in the kernel's registers. Compared by content.
/// </summary>
public readonly struct NftData : IEquatable<NftData>
{
    private readonly byte[]? bytes;

    /// <summary>Takes the bytes as they are.</summary>
    public NftData(ReadOnlySpan<byte> value) => bytes = value.ToArray();

    private NftData(byte[] owned, bool _) => bytes = owned;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>How many bytes.</summary>
    public int Length => bytes?.Length ?? 0;

    /// <summary>An IPv4 or IPv6 address.</summary>
    public static NftData Address(IPAddress address) => new(address.GetAddressBytes(), true);

    /// <summary>A port: 16 bits in network order.</summary>
    public static NftData Port(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return new NftData(bytes, true);
    }

    /// <summary>A 32-bit number in the host's byte order, such as a mark or the state of a connection.</summary>
    public static NftData Word(uint value) => new(BitConverter.GetBytes(value), true);

    /// <summary>One byte, such as a protocol number.</summary>
    public static NftData Byte(byte value) => new([value], true);

    /// <summary>A device name, padded with zeros to the 16 bytes that the kernel compares.</summary>
    public static NftData InterfaceName(string name)
    {
        var bytes = new byte[16];
        if (!Encoding.UTF8.TryGetBytes(name, bytes.AsSpan(0, 15), out _))
            throw new ArgumentException($"The device name '{name}' is longer than 15 bytes.", nameof(name));
        return new NftData(bytes, true);
    }

    /// <summary>The begin of device names, to compare with the first bytes only, as <c>iifname "veth*"</c>.</summary>
    public static NftData InterfacePrefix(string prefix)
    {
        var bytes = Encoding.UTF8.GetBytes(prefix);
        return bytes.Length is > 0 and < 16
            ? new NftData(bytes, true)
            : throw new ArgumentException($"The begin of a device name '{prefix}' must have 1 to 15 bytes.", nameof(prefix));
    }

    /// <summary>Several values side by side, each padded to whole 32-bit registers.</summary>
    public static NftData Concatenate(params ReadOnlySpan<NftData> parts)
    {
        var length = 0;
        foreach (var part in parts)
            length += (part.Length + 3) & ~3;
        var bytes = new byte[length];
        var at = 0;
        foreach (var part in parts)
        {
            part.Span.CopyTo(bytes.AsSpan(at));
            at += (part.Length + 3) & ~3;
        }

        return new NftData(bytes, true);
    }

    /// <summary>The same data in another length: the kernel returns padded keys.</summary>
    public NftData Resize(int length)
    {
        var copy = new byte[length];
        Span[..Math.Min(length, Length)].CopyTo(copy);
        return new NftData(copy, true);
    }

    /// <inheritdoc/>
    public bool Equals(NftData other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NftData other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Compares by content.</summary>
    public static bool operator ==(NftData left, NftData right) => left.Equals(right);

    /// <summary>Compares by content.</summary>
    public static bool operator !=(NftData left, NftData right) => !left.Equals(right);

    /// <summary>The bytes in hexadecimal.</summary>
    public override string ToString() => $"0x{Convert.ToHexStringLower(Span)}";
}
