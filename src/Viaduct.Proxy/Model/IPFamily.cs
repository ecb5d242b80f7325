using System.Net.Sockets;

namespace Viaduct.Proxy.Model;

/// <summary>Services are served per family, each for itself: one family that fails does not stop the other.</summary>
public enum IPFamily : byte
{
    IPv4 = 4,
    IPv6 = 6,
}

public static class IPFamilies
{
    public static AddressFamily ToAddressFamily(this IPFamily family) =>
        family == IPFamily.IPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
}
