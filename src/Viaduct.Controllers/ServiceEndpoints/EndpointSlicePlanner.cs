using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.ServiceEndpoints;

/// <summary>What brings the EndpointSlices of a Service up to date; slices that are right are not in it.</summary>
public sealed record EndpointSlicePlan(IReadOnlyList<EndpointSlice> Create, IReadOnlyList<EndpointSlice> Update, IReadOnlyList<EndpointSlice> Delete)
{
    public bool IsEmpty => Create.Count + Update.Count + Delete.Count == 0;
}

/// <summary>Spreads the endpoints of a Service over slices so that few slices change; pure.</summary>
public static class EndpointSlicePlanner
{
    public const string ServiceNameLabel = "kubernetes.io/service-name";
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    public const string ManagedBy = "endpointslice-controller.k8s.io";
    public const string HeadlessLabel = "service.kubernetes.io/headless";
    public const int MostEndpoints = 100;

    /// <param name="service">The Service; it has a selector.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="zoneOf">The zone of a node, or null.</param>
    /// <param name="existing">The slices that this controller made for the Service.</param>
    public static EndpointSlicePlan Decide(Service service, IEnumerable<Pod> pods, Func<string, string?> zoneOf, IReadOnlyList<EndpointSlice> existing)
    {
        var types = AddressTypes.Of(service);
        var all = pods.ToList();
        var plans = types.Select(t => Decide(service, t, all, zoneOf, [.. existing.Where(s => s.AddressType == t)])).ToList();
        return new EndpointSlicePlan(
            [.. plans.SelectMany(p => p.Create)],
            [.. plans.SelectMany(p => p.Update)],
            // The address type of a slice cannot change: one of a family that the Service has no more goes.
            [.. plans.SelectMany(p => p.Delete), .. existing.Where(s => !types.Contains(s.AddressType))]);
    }

    private static EndpointSlicePlan Decide(Service service, string addressType, List<Pod> pods, Func<string, string?> zoneOf, List<EndpointSlice> existing)
    {
        var groups = ResolvedPod.Of(service, pods, addressType).GroupBy(p => p.PortsKey).ToDictionary(g => g.Key, g => g.ToList());
        var drafts = existing.OrderBy(s => s.Metadata.Name, StringComparer.Ordinal).Select(s => new SliceDraft(s)).ToList();
        var spare = new Queue<SliceDraft>(drafts.Where(d => !groups.ContainsKey(d.PortsKey)));
        foreach (var (key, group) in groups.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var endpoints = group.ToDictionary(Identity, p => EndpointOf(service, p, zoneOf));
            var own = drafts.Where(d => d.PortsKey == key && !spare.Contains(d)).ToList();
            foreach (var draft in own)
                draft.Keep(endpoints);
            Place(endpoints.Values, own, () => Another(drafts, spare, addressType, group[0].Ports));
        }
        while (spare.TryDequeue(out var unused))
            unused.Clear();
        return Finish(service, addressType, drafts);
    }

    /// <summary>First into slices that change anyway, then into those with room, then into further ones.</summary>
    private static void Place(IEnumerable<Endpoint> endpoints, List<SliceDraft> own, Func<SliceDraft> another)
    {
        foreach (var endpoint in endpoints)
        {
            var target = own.Where(d => d.HasRoom).MaxBy(d => d.IsChanged ? 1 : 0);
            if (target is null)
                own.Add(target = another());
            target.Add(endpoint);
        }
    }

    private static SliceDraft Another(List<SliceDraft> drafts, Queue<SliceDraft> spare, string addressType, IReadOnlyList<EndpointPort> ports)
    {
        if (spare.TryDequeue(out var draft))
        {
            draft.Reuse(ports);
            return draft;
        }
        draft = new SliceDraft(addressType, ports);
        drafts.Add(draft);
        return draft;
    }

    private static EndpointSlicePlan Finish(Service service, string addressType, List<SliceDraft> drafts)
    {
        // A Service without endpoints keeps one empty slice: "none" is a statement, too.
        var kept = drafts.Where(d => !d.IsEmpty).ToList();
        if (kept.Count == 0)
            kept.Add(drafts.FirstOrDefault() ?? new SliceDraft(addressType, []));
        var results = kept.Select(d => (Draft: d, Slice: d.Build(service))).ToList();
        return new EndpointSlicePlan(
            [.. results.Where(r => r.Draft.Original is null).Select(r => r.Slice)],
            // What leaves goes first.
            [.. results.Where(r => r.Draft.Original is { } old && (r.Draft.IsChanged || !SliceDraft.SameMetadata(old, r.Slice))).OrderBy(r => r.Draft.HasLost ? 0 : 1).Select(r => r.Slice)],
            [.. drafts.Except(kept).Where(d => d.Original is not null).Select(d => d.Original!)]);
    }

    internal static (string?, string) Identity(ResolvedPod pod) => (pod.Pod.Metadata.Uid, pod.Address);

    internal static (string?, string) Identity(Endpoint endpoint) => (endpoint.TargetRef?.Uid, endpoint.Addresses is [var first, ..] ? first : "");

    private static Endpoint EndpointOf(Service service, ResolvedPod resolved, Func<string, string?> zoneOf)
    {
        var pod = resolved.Pod;
        var (serving, terminating) = (pod.IsReady(), pod.IsTerminating());
        var node = string.IsNullOrEmpty(pod.Spec?.NodeName) ? null : pod.Spec.NodeName;
        return new Endpoint
        {
            Addresses = [resolved.Address],
            Conditions = new EndpointConditions
            {
                Ready = service.Spec?.PublishNotReadyAddresses == true || (serving && !terminating),
                Serving = serving,
                Terminating = terminating,
            },
            Hostname = HostnameOf(service, pod),
            NodeName = node,
            Zone = node is null ? null : zoneOf(node),
            TargetRef = resolved.Reference,
        };
    }

    /// <summary>A pod has a name of its own in DNS when it asks for one under this Service.</summary>
    internal static string? HostnameOf(Service service, Pod pod) =>
        pod.Spec is { Hostname: { Length: > 0 } hostname } && pod.Spec.Subdomain == service.Metadata.Name ? hostname : null;
}
