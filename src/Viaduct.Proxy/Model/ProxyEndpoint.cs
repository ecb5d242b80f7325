using System.Net;

namespace Viaduct.Proxy.Model;

/// <summary>Where connections to a Service port may go.</summary>
/// <param name="Address">The pod's address.</param>
/// <param name="Port">The port on that address.</param>
public readonly record struct EndpointAddress(IPAddress Address, ushort Port) : IComparable<EndpointAddress>
{
    public int CompareTo(EndpointAddress other)
    {
        Span<byte> mine = stackalloc byte[16], theirs = stackalloc byte[16];
        Address.TryWriteBytes(mine, out var myLength);
        other.Address.TryWriteBytes(theirs, out var theirLength);
        var byAddress = mine[..myLength].SequenceCompareTo(theirs[..theirLength]);
        return byAddress != 0 ? byAddress : Port.CompareTo(other.Port);
    }

    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}

/// <summary>A usable endpoint of a Service port.</summary>
/// <param name="Target">Its address and port.</param>
/// <param name="IsLocal">Whether its pod runs on this node.</param>
public readonly record struct ProxyEndpoint(EndpointAddress Target, bool IsLocal);
