using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Viaduct.Addressing;

/// <summary>Arithmetic on IPv4 addresses and blocks, which System.Net.IPNetwork lacks.</summary>
public static class Ipv4
{
    public static uint ToUInt32(this IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (address.AddressFamily != AddressFamily.InterNetwork || !address.TryWriteBytes(bytes, out _))
            throw new ArgumentException($"{address} is not an IPv4 address", nameof(address));
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public static IPAddress FromUInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }

    /// <summary>How many addresses the block has, network and broadcast address included.</summary>
    public static long Size(this IPNetwork block) => 1L << (32 - block.PrefixLength);

    /// <summary>The address <paramref name="offset"/> places after the network address.</summary>
    public static IPAddress AddressAt(this IPNetwork block, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, block.Size());
        return FromUInt32(block.BaseAddress.ToUInt32() + (uint)offset);
    }

    /// <summary>How far the address is from the network address; negative or at least <see cref="Size"/> when outside.</summary>
    public static long OffsetOf(this IPNetwork block, IPAddress address) => (long)address.ToUInt32() - block.BaseAddress.ToUInt32();

    /// <summary>The last (broadcast) address.</summary>
    public static IPAddress Last(this IPNetwork block) => block.AddressAt(block.Size() - 1);

    /// <summary>Whether all of <paramref name="inner"/> lies in the block; equal counts.</summary>
    public static bool Contains(this IPNetwork block, IPNetwork inner) => inner.PrefixLength >= block.PrefixLength && block.Contains(inner.BaseAddress);

    public static bool Overlaps(this IPNetwork one, IPNetwork other) => one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    /// <summary>How many blocks of a longer prefix the block holds; 0 when the prefix is shorter than its own.</summary>
    public static long BlockCount(this IPNetwork block, int prefixLength) =>
        prefixLength < block.PrefixLength || prefixLength > 32 ? 0 : 1L << (prefixLength - block.PrefixLength);

    /// <summary>The block number <paramref name="index"/> of a longer prefix.</summary>
    public static IPNetwork BlockAt(this IPNetwork block, int prefixLength, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, block.BlockCount(prefixLength));
        return new IPNetwork(block.AddressAt(index << (32 - prefixLength)), prefixLength);
    }

    /// <summary>Parses <c>a.b.c.d/n</c> strictly: IPv4, no bits set beyond the prefix.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="field">The field or flag that it stands in, for the message.</param>
    /// <exception cref="AddressingException">A sentence that names the field.</exception>
    public static IPNetwork ParseCidr(string text, string field) =>
        TryParseCidr(text, out var block, out var problem) ? block : throw new AddressingException($"{field}: {problem}");

    public static bool TryParseCidr(string text, out IPNetwork block, [NotNullWhen(false)] out string? problem)
    {
        block = default;
        problem = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IsDottedQuad(text.AsSpan(0, slash), out var address) || !IsPrefixLength(text.AsSpan(slash + 1), out var prefix))
        {
            problem = $"\"{text}\" is not an IPv4 block such as 172.20.0.0/16";
            return false;
        }
        var mask = prefix == 0 ? 0 : uint.MaxValue << (32 - prefix);
        block = new IPNetwork(FromUInt32(address.ToUInt32() & mask), prefix);
        if (!block.BaseAddress.Equals(address))
            problem = $"\"{text}\" has bits set beyond /{prefix}: did you mean {block}?";
        return problem is null;
    }

    private static bool IsPrefixLength(ReadOnlySpan<char> text, out int prefix) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out prefix) && prefix <= 32;

    /// <summary>IPAddress.Parse also takes <c>10.1</c> and octal: people do not mean those.</summary>
    private static bool IsDottedQuad(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return text.Count('.') == 3 && IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetwork
            && text.SequenceEqual(address.ToString());
    }
}

/// <summary>An address, block or range that cannot be used; the message is fit for the user.</summary>
public sealed class AddressingException(string message) : Exception(message);
