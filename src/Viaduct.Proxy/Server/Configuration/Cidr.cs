using System.Net;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>Networks as Go's ParseCIDR reads them: host bits may be set, and are cut.</summary>
internal static class Cidr
{
    public static bool TryParse(string text, out IPNetwork network)
    {
        network = default;
        if (text.Split('/') is not [var address, var length] || !IPAddress.TryParse(address, out var ip) || !int.TryParse(length, out var bits))
            return false;
        var bytes = ip.GetAddressBytes();
        if (bits < 0 || bits > bytes.Length * 8)
            return false;
        for (var bit = bits; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        network = new IPNetwork(new IPAddress(bytes), bits);
        return true;
    }

    public static IPNetwork Parse(string text) => TryParse(text, out var network) ? network : throw new FormatException($"\"{text}\" is not a network.");
}
