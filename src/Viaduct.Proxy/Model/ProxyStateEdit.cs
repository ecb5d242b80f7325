using System.Collections.Immutable;

namespace Viaduct.Proxy.Model;

/// <summary>One step from a state to the next: collects changed ports and knows which frontends they touch.</summary>
internal sealed class ProxyStateEdit(ProxyState before)
{
    private readonly ImmutableDictionary<ServicePortName, ServicePortState>.Builder ports = before.Ports.ToBuilder();
    private readonly ImmutableDictionary<Frontend, ImmutableArray<FrontendClaim>>.Builder claims = before.Claims.ToBuilder();
    private readonly ImmutableDictionary<ServiceName, HealthCheckState>.Builder healthChecks = before.HealthChecks.ToBuilder();
    private readonly HashSet<Frontend> frontends = [];

    /// <summary>Puts the port into the state and answers what is there now: the same object as before when nothing differs.</summary>
    public ServicePortState Set(ServicePortState port)
    {
        if (ports.TryGetValue(port.Name, out var old))
        {
            if (old.Equals(port))
                return old;
            if (old.HasTheFrontendsOf(port))
                frontends.UnionWith(old.Frontends.Select(f => f.Frontend));
            else
                Unclaim(old);
        }

        ports[port.Name] = port;
        if (old is null || !old.HasTheFrontendsOf(port))
            Claim(port);
        return port;
    }

    public void Remove(ServicePortName name)
    {
        if (!ports.TryGetValue(name, out var old))
            return;
        Unclaim(old);
        ports.Remove(name);
    }

    /// <summary>Null: the Service has no health check port.</summary>
    public void SetHealthCheck(ServiceName name, HealthCheckState? check)
    {
        if (check is { } value)
            healthChecks[name] = value;
        else
            healthChecks.Remove(name);
    }

    public (ProxyState State, ProxyChange Change) Finish(ImmutableArray<System.Net.IPNetwork> serviceCidrs)
    {
        var state = new ProxyState
        {
            Ports = ports.ToImmutable(),
            Claims = claims.ToImmutable(),
            HealthChecks = healthChecks.ToImmutable(),
            ServiceCidrs = serviceCidrs,
            Problems = before.Problems,
        };
        return (state, new ProxyChange(frontends, !before.ServiceCidrs.AsSpan().SequenceEqual(serviceCidrs.AsSpan())));
    }

    private void Claim(ServicePortState port)
    {
        foreach (var (frontend, role) in port.Frontends)
        {
            claims[frontend] = claims.GetValueOrDefault(frontend, []).Add(new FrontendClaim(port.Name, role)).Sort();
            frontends.Add(frontend);
        }
    }

    private void Unclaim(ServicePortState port)
    {
        foreach (var (frontend, role) in port.Frontends)
        {
            var left = claims[frontend].Remove(new FrontendClaim(port.Name, role));
            if (left.IsEmpty)
                claims.Remove(frontend);
            else
                claims[frontend] = left;
            frontends.Add(frontend);
        }
    }
}
