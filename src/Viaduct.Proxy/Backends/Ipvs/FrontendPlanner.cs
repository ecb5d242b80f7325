using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>What the kernel must have for a frontend. Pure, but for the marks that it gives out.</summary>
/// <param name="addresses">This node's own addresses.</param>
/// <param name="marks">Marks of the frontends of policy Local.</param>
/// <param name="isRefused">Whether the kernel does not take a port.</param>
internal sealed class FrontendPlanner(NodeAddressBook addresses, FirewallMarks marks, Func<ServicePortState, bool>? isRefused = null)
{
    public FrontendPlan Plan(ProxyState state, Frontend frontend)
    {
        if (Serving(state, frontend) is not var (port, role))
        {
            marks.Release(frontend);
            return FrontendPlan.Empty;
        }

        var keys = Keys(state, frontend).ToList();
        var endpoints = role == FrontendRole.ClusterIP && port.InternalLocal ? port.LocalEndpoints : port.Endpoints;
        var isLocal = role != FrontendRole.ClusterIP && port.ExternalLocal && port.HasEndpointsAnywhere;
        var mark = isLocal && !port.LocalEndpoints.IsEmpty ? marks.Acquire(frontend, keys) : 0;
        if (mark == 0)
            marks.Release(frontend);
        var services = keys.ConvertAll(k => new PlannedService(k, port.Protocol, port.AffinitySeconds, endpoints));
        if (mark != 0)
            services.Add(new(VirtualKey.Marked(mark), port.Protocol, port.AffinitySeconds, port.LocalEndpoints));
        var boundAddress = frontend.IsNodePort || addresses.Has(frontend.Address) ? default : frontend.Address;
        var elements = new List<(SetElement, uint)>();
        foreach (var key in keys)
            elements.AddRange(Elements(key, port, role, isLocal, mark, endpoints.IsEmpty));
        if (!boundAddress.IsNone)
            elements.Add((SetElement.Of(IpvsSet.ServiceAddresses, boundAddress), 0));
        if (role == FrontendRole.LoadBalancerIP && state.HealthChecks.TryGetValue(port.Name.Service, out var check))
            elements.Add((SetElement.Of(IpvsSet.HealthChecks, VirtualKey.On(frontend.Address, TransportProtocol.Tcp, check.Port)), 0));
        AddLoopBacks(elements, port, endpoints);
        if (mark != 0)
            AddLoopBacks(elements, port, port.LocalEndpoints);
        return new FrontendPlan { Services = services, Elements = [.. elements.Distinct()], Address = boundAddress };
    }

    private (ServicePortState Port, FrontendRole Role)? Serving(ProxyState state, Frontend frontend) =>
        state.Serving(frontend, isRefused) is { } serving && isRefused?.Invoke(serving.Port) != true ? serving : null;

    // A frontend with an address of its own goes before a node port on that address.
    private IEnumerable<VirtualKey> Keys(ProxyState state, Frontend frontend) => frontend.IsNodePort
        ? addresses.ForNodePorts.Where(a => Serving(state, Frontend.On(a, frontend.Protocol, frontend.Port)) is null)
            .Select(a => VirtualKey.On(a, frontend.Protocol, frontend.Port))
        : [VirtualKey.On(frontend.Address, frontend.Protocol, frontend.Port)];

    private static IEnumerable<(SetElement Element, uint Mark)> Elements(VirtualKey key, ServicePortState port, FrontendRole role, bool isLocal, uint mark, bool isEmpty)
    {
        if (!port.HasEndpointsAnywhere)
            yield return (SetElement.Of(IpvsSet.Refuse, key), 0);
        else if (isEmpty)
            yield return (SetElement.Of(IpvsSet.Drop, key), 0);
        else if (role == FrontendRole.ClusterIP)
            yield return (SetElement.Of(IpvsSet.ClusterIP, key), 0);
        else if (isLocal)
            yield return (SetElement.Of(IpvsSet.ExternalLocal, key), mark);
        else
            yield return (SetElement.Of(IpvsSet.External, key), 0);

        if (isLocal && mark == 0)
            yield return (SetElement.Of(IpvsSet.OffNodeDrop, key), 0);
        if (role != FrontendRole.LoadBalancerIP || port.SourceRanges.IsEmpty)
            yield break;
        yield return (SetElement.Of(IpvsSet.Firewalled, key), 0);
        foreach (var range in port.SourceRanges)
            yield return (SetElement.SourceRange(key, range), 0);
    }

    private static void AddLoopBacks(List<(SetElement, uint)> elements, ServicePortState port, ImmutableArray<ProxyEndpoint> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            if (!endpoint.IsRemote)
                elements.Add((SetElement.LoopBack(endpoint.Target, port.Protocol), 0));
        }
    }
}
