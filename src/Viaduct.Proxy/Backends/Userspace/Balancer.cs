using System.Collections.Immutable;
using Viaduct.Linux.Sockets;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Chooses an endpoint for each connection: the one that affinity remembers, otherwise the next in turn. Used by all loops.</summary>
internal sealed class Balancer(AffinityTable affinity)
{
    private volatile SocketPeer[] endpoints = [];
    private uint turn = uint.MaxValue;

    public AffinityTable Affinity => affinity;

    public void Update(ImmutableArray<ProxyEndpoint> desired) => endpoints = [.. desired.Select(e => PeerOf(e.Target))];

    public bool Has(in SocketPeer endpoint) => Array.IndexOf(endpoints, endpoint) >= 0;

    public EndpointOrder OrderFor(in SocketPeer client)
    {
        var current = endpoints;
        if (current.Length == 0)
            return new EndpointOrder(current, 0);
        if (affinity.Find(client) is { } last && Array.IndexOf(current, last) is >= 0 and var index)
            return new EndpointOrder(current, index);
        var next = (int)(Interlocked.Increment(ref turn) % (uint)current.Length);
        // Another loop may choose for the same client just now.
        return new EndpointOrder(current, affinity.Seconds == 0 ? next : Array.IndexOf(current, affinity.Choose(client, current, current[next])));
    }

    public static SocketPeer PeerOf(EndpointAddress target)
    {
        Span<byte> bytes = stackalloc byte[16];
        return SocketPeer.From(bytes[..target.Address.WriteTo(bytes)], target.Port);
    }
}
