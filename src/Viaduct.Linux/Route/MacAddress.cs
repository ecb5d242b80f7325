using System.Globalization;
using System.Net;

namespace Viaduct.Linux.Route;

/// <summary>An Ethernet hardware address.</summary>
public readonly record struct MacAddress
{
    private readonly ulong _value;

    private MacAddress(ulong value) => _value = value;

    /// <summary>From the six bytes as they are on the wire.</summary>
    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 6)
            throw new ArgumentException($"A hardware address has 6 bytes, not {bytes.Length}.", nameof(bytes));
        var value = 0UL;
        foreach (var b in bytes)
            value = (value << 8) | b;
        return new MacAddress(value);
    }

    /// <summary>From text such as <c>0a:58:0a:00:00:01</c>.</summary>
    public static MacAddress Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new FormatException($"\"{text}\" is not a hardware address; write six bytes as 0a:58:0a:00:00:01.");

    /// <summary>From text such as <c>0a:58:0a:00:00:01</c>; false if it is something else.</summary>
    public static bool TryParse(string? text, out MacAddress address)
    {
        address = default;
        var parts = text?.Split(':');
        if (parts is not { Length: 6 })
            return false;
        var value = 0UL;
        foreach (var part in parts)
        {
            if (part.Length != 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
                return false;
            value = (value << 8) | b;
        }
        address = new MacAddress(value);
        return true;
    }

    /// <summary>A random address of the locally administered, unicast kind.</summary>
    public static MacAddress Random()
    {
        Span<byte> bytes = stackalloc byte[6];
        System.Random.Shared.NextBytes(bytes);
        bytes[0] = (byte)((bytes[0] & 0xfe) | 0x02);
        return FromBytes(bytes);
    }

    /// <summary>The six bytes as they are on the wire.</summary>
    public byte[] ToBytes() => [(byte)(_value >> 40), (byte)(_value >> 32), (byte)(_value >> 24), (byte)(_value >> 16), (byte)(_value >> 8), (byte)_value];

    /// <summary>The IPv6 address that a device with this hardware address gives itself (EUI-64: RFC 4291, appendix A).</summary>
    public IPAddress ToLinkLocal()
    {
        var mac = ToBytes();
        return new IPAddress((ReadOnlySpan<byte>)[0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(':', ToBytes().Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
}
