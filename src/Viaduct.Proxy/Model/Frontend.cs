namespace Viaduct.Proxy.Model;

/// <summary>
/// What a client connects to: an address, protocol and port, or a protocol and port on the node's addresses (a node port;
/// <see cref="Address"/> is none).
/// </summary>
public readonly record struct Frontend(PackedAddress Address, TransportProtocol Protocol, ushort Port)
{
    /// <summary>A frontend on an address of its own: a cluster IP, an external IP or a load balancer's address.</summary>
    public static Frontend On(PackedAddress address, TransportProtocol protocol, ushort port) => new(address, protocol, port);

    public static Frontend NodePort(TransportProtocol protocol, ushort port) => new(default, protocol, port);

    public bool IsNodePort => Address.IsNone;

    public override string ToString() =>
        IsNodePort ? $"node port {Port}/{Protocol.Name()}"
        : Address.IsIPv4 ? $"{Address}:{Port}/{Protocol.Name()}"
        : $"[{Address}]:{Port}/{Protocol.Name()}";
}
