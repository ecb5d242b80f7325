using System.Globalization;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Asks the kernel which sockets listen in the calling thread's network namespace.</summary>
internal static class ListeningSockets
{
    /// <summary>proc(5): field 2 is the local address, words in this machine's byte order, and port; field 4 the state, 0A for LISTEN, 07 for an open UDP socket.</summary>
    public static bool Has(IPFamily family, TransportProtocol protocol, EndpointAddress address)
    {
        var isTcp = protocol == TransportProtocol.Tcp;
        var file = $"/proc/thread-self/net/{(isTcp ? "tcp" : "udp")}{(family == IPFamily.IPv4 ? "" : "6")}";
        var (local, state) = (Text(address), isTcp ? "0A" : "07");
        return File.ReadLines(file).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Any(f => f is [_, var at, _, var now, ..] && at == local && now == state);
    }

    private static string Text(EndpointAddress address)
    {
        var bytes = address.Address.ToIPAddress().GetAddressBytes();
        var words = Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToUInt32(bytes, i * 4).ToString("X8", CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{string.Concat(words)}:{address.Port:X4}");
    }
}
