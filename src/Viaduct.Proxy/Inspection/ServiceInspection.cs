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
        return Report(node, service, states, (state, family, port) =>
        {
            var frontends = port.Frontends.ToArray();
            var found = readKernel(family, frontends.Select(f => f.Frontend));
            return [.. frontends.Zip(found, (wanted, kernel) => Frontend(state, family, port, wanted.Role, kernel))];
        });
    }

    /// <summary>The same in modes that have words of their own for what the kernel has.</summary>
    public static async Task<ServiceReport> ReportItemsAsync(
        string node, ServiceName service, IReadOnlyDictionary<IPFamily, ProxyState> states, Func<IPFamily, ProxyState, ServicePortState, Task<IReadOnlyList<KernelItem>?>> readKernel)
    {
        var report = Report(node, service, states, (state, family, port) => [.. port.Frontends.Select(f => WithoutKernel(state, family, port, f.Frontend, f.Role))]);
        var ports = new List<ServicePortReport>();
        foreach (var port in report.Ports)
        {
            var (family, state) = states.Single(s => s.Key.ToString() == port.Family);
            ports.Add(port with { Items = await readKernel(family, state, state.Ports.Values.Single(p => p.Name.Service == service && p.Name.ToString() == port.Name)) });
        }

        return report with { Ports = ports };
    }

    private static ServiceReport Report(
        string node, ServiceName service, IReadOnlyDictionary<IPFamily, ProxyState> states, Func<ProxyState, IPFamily, ServicePortState, IReadOnlyList<FrontendReport>> frontends)
    {
        var ports = states.OrderBy(s => s.Key).SelectMany(s => Ports(s.Value, s.Key, service, frontends)).ToArray();
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
        ProxyState state, IPFamily family, ServiceName service, Func<ProxyState, IPFamily, ServicePortState, IReadOnlyList<FrontendReport>> frontends) =>
        state.Ports.Values.Where(p => p.Name.Service == service).OrderBy(p => p.Name).Select(port => new ServicePortReport
        {
            Name = port.Name.ToString(),
            Family = family.ToString(),
            InternalTrafficPolicy = Policy(port.InternalLocal),
            ExternalTrafficPolicy = Policy(port.ExternalLocal),
            AffinitySeconds = port.AffinitySeconds,
            SourceRanges = [.. port.SourceRanges.Select(r => r.ToString())],
            Frontends = frontends(state, family, port),
        });

    private static FrontendReport Frontend(ProxyState state, IPFamily family, ServicePortState port, FrontendRole role, InspectedFrontend kernel)
    {
        var (wanted, has) = (FrontendViews.Of(state, kernel.Frontend, family), FrontendViews.Of(kernel));
        return WithoutKernel(state, family, port, kernel.Frontend, role) with
        {
            Proxy = wanted,
            Kernel = has,
            Traffic = kernel.Counter is { } counter ? new TrafficCount(counter.Packets, counter.Bytes) : null,
            OffNodeTraffic = kernel.OffNodeCounter is { } offNode ? new TrafficCount(offNode.Packets, offNode.Bytes) : null,
            AffinityClients = kernel.Affinity?.Clients,
            Differences = FrontendComparison.Differences(wanted, has),
        };
    }

    private static FrontendReport WithoutKernel(ProxyState state, IPFamily family, ServicePortState port, Frontend frontend, FrontendRole role)
    {
        var server = state.Serving(frontend)?.Port.Name;
        return new FrontendReport
        {
            Frontend = frontend.ToString(),
            Role = role.ToString(),
            TakenBy = server == port.Name ? null : server?.ToString(),
            Proxy = FrontendViews.InPlainWords(state, frontend, family),
        };
    }

    private static string Policy(bool isLocal) => isLocal ? "Local" : "Cluster";
}
