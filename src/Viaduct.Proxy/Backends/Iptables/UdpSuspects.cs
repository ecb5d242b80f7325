using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>UDP frontends that endpoints left, or that have their first ones.</summary>
internal static class UdpSuspects
{
    public static IEnumerable<(Frontend Frontend, Func<EndpointAddress, bool> LeadsTo)> Of(IEnumerable<RulesEdit> edits, ProxyState before, ProxyState after)
    {
        foreach (var name in edits.Select(e => e.Port).OfType<ServicePortName>())
        {
            var (old, now) = (before.Ports.GetValueOrDefault(name), after.Ports.GetValueOrDefault(name));
            if ((now ?? old)?.Protocol != TransportProtocol.Udp || (old is not null && now is not null && !IsSuspect(old, now)))
                continue;
            foreach (var frontend in (old?.Frontends ?? []).Concat(now?.Frontends ?? []).Select(f => f.Frontend).Distinct())
                yield return (frontend, target => after.Serving(frontend) is { } serving && LeadsTo(serving.Port, target));
        }
    }

    private static bool IsSuspect(ServicePortState old, ServicePortState now) =>
        (old.Endpoints.IsEmpty && old.LocalEndpoints.IsEmpty) || !old.HasTheFrontendsOf(now)
        || old.Endpoints.Concat(old.LocalEndpoints).Any(e => !LeadsTo(now, e.Target));

    private static bool LeadsTo(ServicePortState port, EndpointAddress target) => Has(port.Endpoints, target) || Has(port.LocalEndpoints, target);

    private static bool Has(IEnumerable<ProxyEndpoint> endpoints, EndpointAddress target) => endpoints.Any(e => e.Target == target);
}
