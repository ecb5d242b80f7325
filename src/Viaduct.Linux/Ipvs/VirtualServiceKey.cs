using System.Net;
using System.Net.Sockets;

namespace Viaduct.Linux.Ipvs;

/// <summary>What a virtual service answers to: an address, protocol and port, or a firewall mark whatever the packet's address is.</summary>
public readonly record struct VirtualServiceKey
{
    private VirtualServiceKey(AddressFamily family, byte protocol, IPAddress? address, ushort port, uint firewallMark) =>
        (Family, Protocol, Address, Port, FirewallMark) = (family, protocol, address, port, firewallMark);

    /// <summary>InterNetwork or InterNetworkV6.</summary>
    public AddressFamily Family { get; }

    /// <summary>The IP protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for a mark.</summary>
    public byte Protocol { get; }

    /// <summary>The virtual address; null for a mark.</summary>
    public IPAddress? Address { get; }

    /// <summary>The virtual port; 0 for a mark.</summary>
    public ushort Port { get; }

    /// <summary>The packets' mark; 0 for an address.</summary>
    public uint FirewallMark { get; }

    /// <summary>By address, protocol and port. Like <c>ipvsadm -t</c>, <c>-u</c> and <c>--sctp-service</c>.</summary>
    public static VirtualServiceKey On(byte protocol, IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(address.AddressFamily, protocol, address, port, 0);
    }

    /// <summary>By firewall mark, which the kernel looks at before addresses (ip_vs_service_find). Like <c>ipvsadm -f</c>, with <c>-6</c>.</summary>
    public static VirtualServiceKey Marked(AddressFamily family, uint mark) =>
        mark != 0 ? new(family, 0, null, 0, mark) : throw new ArgumentOutOfRangeException(nameof(mark), "A virtual service has a mark other than 0.");

    /// <inheritdoc/>
    public override string ToString() => Address is null
        ? $"mark 0x{FirewallMark:x} ({(Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")})"
        : $"{new IPEndPoint(Address, Port)}/{Protocol switch { 6 => "tcp", 17 => "udp", 132 => "sctp", _ => Protocol.ToString() }}";
}
