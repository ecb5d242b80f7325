using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.Shared;

/// <summary>One copy of the cluster's objects, shared by all controllers, with the indexes that they ask.</summary>
internal sealed class ClusterCache
{
    public ClusterCache(IKubeApi api, ILogger log)
    {
        Deployments = new(api, ListQuery.All, log);
        Endpoints = new(api, ListQuery.All, log);
        EndpointSlices = new(api, ListQuery.All, log);
        Nodes = new(api, ListQuery.All, log);
        Pods = new(api, ListQuery.All, log);
        ReplicaSets = new(api, ListQuery.All, log);
        Services = new(api, ListQuery.All, log);
        PodsByController = Pods.AddIndex(p => [p.ControllerUid() ?? Orphans(p.Metadata.Namespace)]);
        PodsByNamespace = Pods.AddIndex(p => [p.Metadata.Namespace ?? ""]);
        PodsByNode = Pods.AddIndex(p => p.Spec?.NodeName is { Length: > 0 } node ? [node] : []);
        ReplicaSetsByController = ReplicaSets.AddIndex(r => r.ControllerUid() is { } uid ? [uid] : []);
        ReplicaSetsByNamespace = ReplicaSets.AddIndex(r => [r.Metadata.Namespace ?? ""]);
        ServicesByNamespace = Services.AddIndex(s => [s.Metadata.Namespace ?? ""]);
        SlicesByService = EndpointSlices.AddIndex(s => ServiceOf(s) is { } key ? [key.ToString()] : []);
    }

    public Informer<Deployment> Deployments { get; }

    public Informer<Endpoints> Endpoints { get; }

    public Informer<EndpointSlice> EndpointSlices { get; }

    public Informer<Node> Nodes { get; }

    public Informer<Pod> Pods { get; }

    public Informer<ReplicaSet> ReplicaSets { get; }

    public Informer<Service> Services { get; }

    /// <summary>By uid of the controlling owner; those without one under <see cref="Orphans"/>.</summary>
    public InformerIndex<Pod> PodsByController { get; }

    public InformerIndex<Pod> PodsByNamespace { get; }

    public InformerIndex<Pod> PodsByNode { get; }

    public InformerIndex<ReplicaSet> ReplicaSetsByController { get; }

    public InformerIndex<ReplicaSet> ReplicaSetsByNamespace { get; }

    public InformerIndex<Service> ServicesByNamespace { get; }

    /// <summary>By <c>namespace/name</c> of the Service.</summary>
    public InformerIndex<EndpointSlice> SlicesByService { get; }

    /// <summary>Completes when every copy has been filled.</summary>
    public Task Synced => Task.WhenAll(
        Deployments.Synced, Endpoints.Synced, EndpointSlices.Synced, Nodes.Synced, Pods.Synced, ReplicaSets.Synced, Services.Synced);

    public static string Orphans(string? ns) => $"no controller in {ns}";

    public static ObjectKey? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels?.GetValueOrDefault("kubernetes.io/service-name") is { } name ? new ObjectKey(slice.Metadata.Namespace ?? "", name) : null;

    public IEnumerable<Task> Run(CancellationToken cancellation) =>
    [
        Deployments.RunAsync(cancellation), Endpoints.RunAsync(cancellation), EndpointSlices.RunAsync(cancellation),
        Nodes.RunAsync(cancellation), Pods.RunAsync(cancellation), ReplicaSets.RunAsync(cancellation), Services.RunAsync(cancellation),
    ];
}
