using System.Net.Sockets;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Cluster.Checks;

/// <summary>The objects that tell what should reach what.</summary>
public sealed record ClusterObjects
{
    public IReadOnlyList<KubeNode> Nodes { get; init; } = [];

    public IReadOnlyList<Pod> Pods { get; init; } = [];

    public IReadOnlyList<Service> Services { get; init; } = [];

    public IReadOnlyList<EndpointSlice> EndpointSlices { get; init; } = [];

    public static async Task<ClusterObjects> LoadAsync(IKubeApi api, CancellationToken cancellation) => new()
    {
        Nodes = await ListAsync<KubeNode>(api, cancellation),
        Pods = await ListAsync<Pod>(api, cancellation),
        Services = await ListAsync<Service>(api, cancellation),
        EndpointSlices = await ListAsync<EndpointSlice>(api, cancellation),
    };

    /// <summary>On which nodes a port has ready endpoints; an empty name stands for those that say no node.</summary>
    public IReadOnlyCollection<string> NodesOfReadyEndpoints(Service service, ServicePort port, AddressFamily family) => SlicesOf(service)
        .Where(slice => slice.AddressType == (family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")
            && (slice.Ports ?? []).Any(p => (p.Name ?? "") == (port.Name ?? "") && (p.Protocol ?? "TCP") == (port.Protocol ?? "TCP")))
        .SelectMany(slice => slice.Endpoints ?? []).Where(e => e.Conditions?.Ready ?? true).Select(e => e.NodeName ?? "").ToHashSet();

    /// <summary>A stand-in answers every datagram; a program of the user's need not.</summary>
    public bool AllBackendsAreStandIns(Service service)
    {
        var backends = SlicesOf(service).SelectMany(s => s.Endpoints ?? []).Select(e => e.TargetRef?.Name).ToHashSet();
        return Pods.Where(p => p.Metadata.Namespace == service.Metadata.Namespace && backends.Contains(p.Metadata.Name))
            .All(p => (p.Spec?.Containers ?? []).All(c => c.Command is null or []));
    }

    private IEnumerable<EndpointSlice> SlicesOf(Service service) => EndpointSlices.Where(slice =>
        slice.Metadata.Namespace == service.Metadata.Namespace
        && slice.Metadata.Labels?.GetValueOrDefault("kubernetes.io/service-name") == service.Metadata.Name);

    private static async Task<IReadOnlyList<T>> ListAsync<T>(IKubeApi api, CancellationToken cancellation)
        where T : class, IKubeObject<T> => (await api.ListAsync<T>(ListQuery.All, cancellation)).Items;
}
