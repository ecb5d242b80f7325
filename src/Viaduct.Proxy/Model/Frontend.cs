using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>
/// What a client connects to: an address, protocol and port, or a protocol and port on every address of the node
/// (a node port; <see cref="Address"/> is null).
/// </summary>
public readonly record struct Frontend(IPAddress? Address, TransportProtocol Protocol, ushort Port)
{
    public static Frontend ClusterIP(IPAddress address, TransportProtocol protocol, ushort port) => new(address, protocol, port);

    public static Frontend NodePort(TransportProtocol protocol, ushort port) => new(null, protocol, port);

    public bool IsNodePort => Address is null;

    public override string ToString() =>
        IsNodePort ? $"node port {Port}/{Name(Protocol)}" : $"{Address}:{Port}/{Name(Protocol)}";

    private static string Name(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp",
        TransportProtocol.Udp => "udp",
        _ => "sctp",
    };
}
