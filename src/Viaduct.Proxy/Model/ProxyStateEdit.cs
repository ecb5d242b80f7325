using System.Collections.Immutable;

namespace Viaduct.Proxy.Model;

/// <summary>One step from a state to the next: collects changed ports and knows which frontends they touch.</summary>
internal sealed class ProxyStateEdit(ProxyState before)
{
    private readonly ImmutableDictionary<ServicePortName, ServicePortState>.Builder ports = before.Ports.ToBuilder();
    private readonly ImmutableDictionary<Frontend, ImmutableSortedSet<ServicePortName>>.Builder claims = before.Claims.ToBuilder();
    private readonly HashSet<Frontend> frontends = [];

    public void Set(ServicePortState port)
    {
        if (ports.TryGetValue(port.Name, out var old))
        {
            if (old.Equals(port))
                return;
            Unclaim(old);
        }

        ports[port.Name] = port;
        foreach (var frontend in port.Frontends)
        {
            claims[frontend] = claims.GetValueOrDefault(frontend, []).Add(port.Name);
            frontends.Add(frontend);
        }
    }

    public void Remove(ServicePortName name)
    {
        if (!ports.TryGetValue(name, out var old))
            return;
        Unclaim(old);
        ports.Remove(name);
    }

    public (ProxyState State, ProxyChange Change) Finish(List<string> problems)
    {
        foreach (var frontend in frontends)
        {
            if (claims.TryGetValue(frontend, out var claimants) && claimants.Count > 1)
                problems.Add($"{frontend} is claimed by {string.Join(" and ", claimants)}; {claimants[0]} gets it until the others change.");
        }

        var state = new ProxyState { Ports = ports.ToImmutable(), Claims = claims.ToImmutable() };
        return (state, new ProxyChange(frontends));
    }

    private void Unclaim(ServicePortState port)
    {
        foreach (var frontend in port.Frontends)
        {
            var left = claims[frontend].Remove(port.Name);
            if (left.IsEmpty)
                claims.Remove(frontend);
            else
                claims[frontend] = left;
            frontends.Add(frontend);
        }
    }
}
