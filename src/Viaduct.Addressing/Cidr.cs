using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Viaduct.Addressing;

/// <summary>Arithmetic on addresses and blocks of both families, which System.Net.IPNetwork lacks.</summary>
public static class Cidr
{
    /// <summary>The address as a number; an IPv4 address fills the low 32 bits.</summary>
    public static UInt128 ToNumber(this IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(family == AddressFamily.InterNetworkV6 ? bytes : bytes[12..]);
    }

    public static AddressFamily Family(this IPNetwork block) => block.BaseAddress.AddressFamily;

    public static bool IsIPv6(this IPNetwork block) => block.Family() == AddressFamily.InterNetworkV6;

    /// <summary>How many bits an address has: 32 or 128.</summary>
    public static int Bits(this IPNetwork block) => block.IsIPv6() ? 128 : 32;

    /// <summary>How many bits are left for hosts.</summary>
    public static int HostBits(this IPNetwork block) => block.Bits() - block.PrefixLength;

    /// <summary>How many addresses the block has, network and broadcast address included; of ::/0 one too few, as 2^128 is no UInt128.</summary>
    public static UInt128 Size(this IPNetwork block) => block.HostBits() == 128 ? UInt128.MaxValue : UInt128.One << block.HostBits();

    public static UInt128 First(this IPNetwork block) => block.BaseAddress.ToNumber();

    /// <summary>The last address; of an IPv4 block the broadcast address.</summary>
    public static UInt128 Last(this IPNetwork block) => block.First() | HostMask(block.HostBits());

    /// <summary>The address <paramref name="offset"/> places after the network address.</summary>
    public static IPAddress AddressAt(this IPNetwork block, UInt128 offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, HostMask(block.HostBits()));
        return ToAddress(block.First() + offset, block.Family());
    }

    /// <summary>How far the address is from the network address; null when it is not in the block.</summary>
    public static UInt128? OffsetOf(this IPNetwork block, IPAddress address) =>
        address.AddressFamily == block.Family() && block.Contains(address) ? address.ToNumber() - block.First() : null;

    /// <summary>Whether all of <paramref name="inner"/> lies in the block; equal counts.</summary>
    public static bool Contains(this IPNetwork block, IPNetwork inner) =>
        inner.Family() == block.Family() && inner.PrefixLength >= block.PrefixLength && block.Contains(inner.BaseAddress);

    public static bool Overlaps(this IPNetwork one, IPNetwork other) => one.Contains(other) || other.Contains(one);

    /// <summary>What both have: of two blocks that overlap the smaller one.</summary>
    public static IPNetwork? Overlap(IPNetwork one, IPNetwork other) => one.Contains(other) ? other : other.Contains(one) ? one : null;

    /// <summary>How many blocks of a longer prefix the block holds; 0 when the prefix is shorter than its own.</summary>
    public static UInt128 BlockCount(this IPNetwork block, int prefixLength) =>
        prefixLength < block.PrefixLength || prefixLength > block.Bits() ? 0u : UInt128.One << (prefixLength - block.PrefixLength);

    /// <summary>The block number <paramref name="index"/> of a longer prefix.</summary>
    public static IPNetwork BlockAt(this IPNetwork block, int prefixLength, UInt128 index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, block.BlockCount(prefixLength));
        return new IPNetwork(block.AddressAt(index << (block.Bits() - prefixLength)), prefixLength);
    }

    /// <summary>The block of this prefix length in which the address lies.</summary>
    public static IPNetwork Around(IPAddress address, int prefixLength)
    {
        var bits = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        return new IPNetwork(ToAddress(address.ToNumber() & ~HostMask(bits - prefixLength), address.AddressFamily), prefixLength);
    }

    /// <summary>Parses a block strictly: no bits set beyond the prefix, no short or octal notation.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="field">The field or flag that it stands in, for the message.</param>
    /// <exception cref="AddressingException">A sentence that names the field.</exception>
    public static IPNetwork Parse(string text, string field) =>
        TryParse(text, out var block, out var problem) ? block : throw new AddressingException($"{field}: {problem}");

    public static bool TryParse(string text, out IPNetwork block, [NotNullWhen(false)] out string? problem)
    {
        block = default;
        problem = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IsAddress(text.AsSpan(0, slash), out var address) || !IsPrefixLength(text.AsSpan(slash + 1), address, out var prefix))
        {
            problem = $"\"{text}\" is not a block of addresses such as 172.20.0.0/16 or fd00:20::/56";
            return false;
        }
        block = Around(address, prefix);
        if (!block.BaseAddress.Equals(address))
            problem = $"\"{text}\" has bits set beyond /{prefix}; the range is {block}";
        return problem is null;
    }

    private static UInt128 HostMask(int bits) => bits == 128 ? UInt128.MaxValue : (UInt128.One << bits) - 1u;

    private static bool IsPrefixLength(ReadOnlySpan<char> text, IPAddress address, out int prefix) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
        && prefix <= (address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)
        && (text.Length == 1 || text[0] != '0');

    /// <summary>IPAddress.Parse also takes <c>10.1</c>, octal, zones and brackets: people do not mean those.</summary>
    private static bool IsAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        if (!IPAddress.TryParse(text, out address) || text.ContainsAny('%', '[', ']'))
            return false;
        return address.AddressFamily == AddressFamily.InterNetworkV6 || text.SequenceEqual(address.ToString());
    }
}

/// <summary>An address, block or range that cannot be used; the message is fit for the user.</summary>
public sealed class AddressingException(string message) : Exception(message);
