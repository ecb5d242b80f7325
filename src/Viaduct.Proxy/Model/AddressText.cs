using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>
/// Reads addresses and networks as Kubernetes means them: leading zeros of IPv4 are decimal (old objects have them), while the
/// runtime's own parser takes them for octal and takes "10.1" for an address.
/// </summary>
internal static class AddressText
{
    public static bool TryParse(ReadOnlySpan<char> text, out PackedAddress address)
    {
        if (text.Contains(':'))
            return TryParseIPv6(text, out address);
        Span<byte> bytes = stackalloc byte[4];
        address = default;
        if (!TryParseIPv4(text, bytes))
            return false;
        address = PackedAddress.Read(bytes);
        return true;
    }

    /// <summary>Parses <c>address/length</c>; bits after the length are cleared.</summary>
    public static bool TryParseNetwork(ReadOnlySpan<char> text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryParse(text[..slash], out var address) || !TryParseNumber(text[(slash + 1)..], address.Length * 8, out var length))
            return false;
        network = NetworkOf(address, length);
        return true;
    }

    /// <summary>The same, of text that was looked at before.</summary>
    /// <exception cref="FormatException">It is not a network.</exception>
    public static IPNetwork ParseNetwork(string text) => TryParseNetwork(text, out var network) ? network : throw new FormatException($"\"{text}\" is not a network.");

    /// <summary>The network of one address.</summary>
    public static IPNetwork NetworkOf(PackedAddress address) => NetworkOf(address, address.Length * 8);

    private static IPNetwork NetworkOf(PackedAddress address, int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..address.WriteTo(bytes)];
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), length);
    }

    private static bool TryParseIPv6(ReadOnlySpan<char> text, out PackedAddress address)
    {
        address = default;
        // The runtime also takes brackets and scopes.
        if (text.ContainsAny("[]%") || !IPAddress.TryParse(text, out var parsed) || parsed.IsIPv4MappedToIPv6)
            return false;
        address = PackedAddress.From(parsed);
        return true;
    }

    private static bool TryParseIPv4(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        var parts = 0;
        foreach (var part in text.Split('.'))
        {
            if (parts == bytes.Length || !TryParseNumber(text[part], 255, out var number))
                return false;
            bytes[parts++] = (byte)number;
        }

        return parts == bytes.Length;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> digits, int largest, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit) || (number = (number * 10) + digit - '0') > largest)
                return false;
        }

        return !digits.IsEmpty;
    }
}
