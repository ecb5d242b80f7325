using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// The state that the rules serve: the same Services, but in place of the endpoints stands the proxy's own port. So verdicts, source ranges, node port addresses
/// and traffic policies are those of nftables mode, by the same rules.
/// </summary>
internal static class RedirectedState
{
    /// <summary>What a Service port is to the rules.</summary>
    public static ServicePortState Redirect(ServicePortState port, PackedAddress proxy, ProxyPorts ports) => port with
    {
        // The proxy chooses and remembers; a protocol that it does not speak is refused.
        AffinitySeconds = 0,
        Endpoints = At(proxy, ports.Cluster),
        LocalEndpoints = At(proxy, ports.Local),
        ServingEndpoints = port.Protocol == TransportProtocol.Udp ? [.. At(proxy, ports.Cluster).Concat(At(proxy, ports.Local)).OrderBy(e => e.Target)] : [],
        HasEndpointsAnywhere = port.HasEndpointsAnywhere && IsSpoken(port.Protocol),
    };

    public static bool IsSpoken(TransportProtocol protocol) => protocol is TransportProtocol.Tcp or TransportProtocol.Udp;

    /// <summary>The Service ports that a change may concern: who has, or had, one of its frontends.</summary>
    public static HashSet<ServicePortName> PortsOf(ProxyChange change, ProxyState before, ProxyState after)
    {
        var ports = new HashSet<ServicePortName>();
        foreach (var frontend in change.Frontends)
        {
            foreach (var state in (ReadOnlySpan<ProxyState>)[before, after])
            {
                if (state.Claims.TryGetValue(frontend, out var claims))
                    ports.UnionWith(claims.Select(c => c.Port));
            }
        }

        return ports;
    }

    // Not "remote", it could be counted as one that meets itself, which the rules to a proxy do not ask.
    private static ImmutableArray<ProxyEndpoint> At(PackedAddress proxy, ushort port) =>
        port == 0 ? [] : [new(new(proxy, port), IsRemote: true)];
}
