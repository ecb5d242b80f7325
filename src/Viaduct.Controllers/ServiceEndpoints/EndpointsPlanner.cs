using System.Net;
using Viaduct.Addressing;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.ServiceEndpoints;

/// <summary>The Endpoints of a Service, which older readers look at: its primary family only; pure.</summary>
public static class EndpointsPlanner
{
    private const string ManagedByLabel = "endpoints.kubernetes.io/managed-by";

    /// <param name="service">The Service; it has a selector.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="existing">The object that exists, or null.</param>
    /// <returns>The object to write, or null when the existing one is right.</returns>
    public static Endpoints? Decide(Service service, IEnumerable<Pod> pods, Endpoints? existing)
    {
        var publishAll = service.Spec?.PublishNotReadyAddresses == true;
        // Unlike a slice, this object cannot say "terminating": such pods are not in it (unless all are published).
        var resolved = ResolvedPod.Of(service, pods.Where(p => publishAll || !p.IsTerminating()), AddressTypes.Of(service)[0]);
        var wanted = new Endpoints
        {
            Metadata = (existing?.Metadata ?? new ObjectMeta { Namespace = service.Metadata.Namespace, Name = service.Metadata.Name }) with
            {
                Labels = Labels(service),
            },
            Subsets = [.. resolved.GroupBy(p => p.PortsKey).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Subset(service, [.. g], publishAll))],
        };
        return existing is not null && Same(existing, wanted) ? null : wanted;
    }

    private static EndpointSubset Subset(Service service, List<ResolvedPod> pods, bool publishAll) => new()
    {
        Addresses = Addresses(service, pods.Where(p => publishAll || p.Pod.IsReady())),
        NotReadyAddresses = Addresses(service, pods.Where(p => !publishAll && !p.Pod.IsReady())),
        Ports = pods[0].Ports.Count == 0 ? null : pods[0].Ports.Select(p => p with { Name = p.Name is "" ? null : p.Name }).ToList(),
    };

    private static List<EndpointAddress>? Addresses(Service service, IEnumerable<ResolvedPod> pods)
    {
        var addresses = pods.OrderBy(p => IPAddress.TryParse(p.Address, out var ip) ? ip.ToNumber() : 0u).Select(p => new EndpointAddress
        {
            Ip = p.Address,
            Hostname = EndpointSlicePlanner.HostnameOf(service, p.Pod),
            NodeName = string.IsNullOrEmpty(p.Pod.Spec?.NodeName) ? null : p.Pod.Spec.NodeName,
            TargetRef = p.Reference,
        }).ToList();
        return addresses.Count == 0 ? null : addresses;
    }

    private static Dictionary<string, string> Labels(Service service)
    {
        var labels = new Dictionary<string, string>(service.Metadata.Labels ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            [ManagedByLabel] = "endpoint-controller",
        };
        labels.Remove(EndpointSlicePlanner.HeadlessLabel);
        if (service.Spec?.ClusterIP == "None")
            labels[EndpointSlicePlanner.HeadlessLabel] = "";
        return labels;
    }

    private static bool Same(Endpoints a, Endpoints b) =>
        (a.Metadata.Labels ?? new Dictionary<string, string>()).OrderBy(l => l.Key, StringComparer.Ordinal).SequenceEqual(b.Metadata.Labels!.OrderBy(l => l.Key, StringComparer.Ordinal))
        && (a.Subsets?.Count ?? 0) == b.Subsets!.Count
        && (a.Subsets ?? []).Zip(b.Subsets).All(p => Same(p.First, p.Second));

    private static bool Same(EndpointSubset a, EndpointSubset b) =>
        (a.Addresses ?? []).SequenceEqual(b.Addresses ?? [])
        && (a.NotReadyAddresses ?? []).SequenceEqual(b.NotReadyAddresses ?? [])
        && (a.Ports ?? []).Select(p => p with { Name = p.Name is "" ? null : p.Name }).SequenceEqual(b.Ports ?? []);
}
