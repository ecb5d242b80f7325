using Viaduct.Linux.Sockets;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>The endpoints for one connection, in the order in which they are tried: each once, from the chosen one on.</summary>
internal struct EndpointOrder(SocketPeer[] endpoints, int first)
{
    private int tried;

    public readonly bool HasMore => tried < endpoints.Length;

    /// <summary>The next one; false when all were tried.</summary>
    public bool TryNext(out SocketPeer endpoint)
    {
        endpoint = HasMore ? endpoints[(first + tried) % endpoints.Length] : default;
        return HasMore && ++tried > 0;
    }
}
