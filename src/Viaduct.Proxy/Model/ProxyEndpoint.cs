namespace Viaduct.Proxy.Model;

/// <summary>Where connections to a Service port may go: a pod's address and a port on it.</summary>
public readonly record struct EndpointAddress(PackedAddress Address, ushort Port) : IComparable<EndpointAddress>
{
    public int CompareTo(EndpointAddress other) =>
        Address.CompareTo(other.Address) is var byAddress and not 0 ? byAddress : Port.CompareTo(other.Port);

    public override string ToString() => Address.IsIPv4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>A usable endpoint of a Service port.</summary>
/// <param name="Target">Its address and port.</param>
/// <param name="IsRemote">
/// Its pod is known to run on another node: no connection that starts there is translated here, so it can never meet itself (no hairpin).
/// </param>
public readonly record struct ProxyEndpoint(EndpointAddress Target, bool IsRemote);
