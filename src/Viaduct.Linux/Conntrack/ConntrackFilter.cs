using System.Net;
using System.Net.Sockets;

namespace Viaduct.Linux.Conntrack;

/// <summary>Which flows to list; the kernel leaves out all others (since Linux 5.8).</summary>
/// <param name="Family">InterNetwork or InterNetworkV6.</param>
/// <param name="Protocol">The IP protocol number.</param>
public sealed record ConntrackFilter(AddressFamily Family, byte Protocol)
{
    /// <summary>Only flows that began towards this address.</summary>
    public IPAddress? OriginalDestination { get; init; }

    /// <summary>Only flows that began towards this port.</summary>
    public ushort? OriginalDestinationPort { get; init; }

    /// <summary>Only flows that are answered from this address: the endpoint's after destination translation.</summary>
    public IPAddress? ReplySource { get; init; }

    /// <summary>Only flows that are answered from this port.</summary>
    public ushort? ReplySourcePort { get; init; }
}
