using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Inspection;

/// <summary>Lays what the proxy wants of a Service beside what the kernel has of it.</summary>
public static class ServiceInspection
{
    /// <summary>Reports on the ports of a Service in some families.</summary>
    /// <param name="node">Whose proxy.</param>
    /// <param name="service">Which Service.</param>
    /// <param name="states">What the proxy wants.</param>
    /// <param name="readKernel">What the kernel has of some frontends.</param>
    public static ServiceReport Report(
        string node, ServiceName service, IReadOnlyDictionary<IPFamily, ProxyState> states, Func<IPFamily, IEnumerable<Frontend>, IReadOnlyList<InspectedFrontend>> readKernel)
    {
        var ports = states.OrderBy(s => s.Key).SelectMany(s => Ports(s.Value, s.Key, service, readKernel)).ToArray();
        return new ServiceReport
        {
            Node = node,
            Namespace = service.Namespace,
            Name = service.Name,
            Nearest = ports.Length > 0 ? null : NearestName.Find(service, states.Values.SelectMany(s => s.Ports.Keys).Select(p => p.Service).Distinct())?.ToString(),
            Ports = ports,
        };
    }

    private static IEnumerable<ServicePortReport> Ports(
        ProxyState state, IPFamily family, ServiceName service, Func<IPFamily, IEnumerable<Frontend>, IReadOnlyList<InspectedFrontend>> readKernel) =>
        state.Ports.Values.Where(p => p.Name.Service == service).OrderBy(p => p.Name).Select(port => new ServicePortReport
        {
            Name = port.Name.ToString(),
            Family = family.ToString(),
            InternalTrafficPolicy = Policy(port.InternalLocal),
            ExternalTrafficPolicy = Policy(port.ExternalLocal),
            AffinitySeconds = port.AffinitySeconds,
            SourceRanges = [.. port.SourceRanges.Select(r => r.ToString())],
            Frontends = Frontends(state, family, port, readKernel),
        });

    private static IReadOnlyList<FrontendReport> Frontends(
        ProxyState state, IPFamily family, ServicePortState port, Func<IPFamily, IEnumerable<Frontend>, IReadOnlyList<InspectedFrontend>> readKernel)
    {
        var frontends = port.Frontends.ToArray();
        var found = readKernel(family, frontends.Select(f => f.Frontend));
        return [.. frontends.Zip(found, (wanted, kernel) => Frontend(state, family, port, wanted.Role, kernel))];
    }

    private static FrontendReport Frontend(ProxyState state, IPFamily family, ServicePortState port, FrontendRole role, InspectedFrontend kernel)
    {
        var (wanted, has) = (FrontendViews.Of(state, kernel.Frontend, family), FrontendViews.Of(kernel));
        var server = state.Serving(kernel.Frontend)?.Port.Name;
        return new FrontendReport
        {
            Frontend = kernel.Frontend.ToString(),
            Role = role.ToString(),
            TakenBy = server == port.Name ? null : server?.ToString(),
            Proxy = wanted,
            Kernel = has,
            Traffic = kernel.Counter is { } counter ? new TrafficCount(counter.Packets, counter.Bytes) : null,
            OffNodeTraffic = kernel.OffNodeCounter is { } offNode ? new TrafficCount(offNode.Packets, offNode.Bytes) : null,
            Differences = FrontendComparison.Differences(wanted, has),
        };
    }

    private static string Policy(bool isLocal) => isLocal ? "Local" : "Cluster";
}
