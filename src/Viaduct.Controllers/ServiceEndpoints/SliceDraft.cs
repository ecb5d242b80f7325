using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.ServiceEndpoints;

/// <summary>A slice while it is being filled.</summary>
internal sealed class SliceDraft
{
    private List<Endpoint> _endpoints;
    private IReadOnlyList<EndpointPort> _ports;

    private readonly string _addressType;

    public SliceDraft(EndpointSlice original)
    {
        Original = original;
        _addressType = original.AddressType;
        _endpoints = [.. original.Endpoints ?? []];
        _ports = original.Ports ?? [];
    }

    public SliceDraft(string addressType, IReadOnlyList<EndpointPort> ports) => (_addressType, _endpoints, _ports, IsChanged) = (addressType, [], ports, true);

    /// <summary>The slice that exists, or null.</summary>
    public EndpointSlice? Original { get; }

    public bool IsChanged { get; private set; }

    /// <summary>An endpoint that was in it is not in it, or is no longer ready.</summary>
    public bool HasLost { get; private set; }

    public bool IsEmpty => _endpoints.Count == 0;

    public bool HasRoom => _endpoints.Count < EndpointSlicePlanner.MostEndpoints;

    public string PortsKey => ResolvedPod.KeyOf(_ports);

    /// <summary>Keeps what is wanted, as it is wanted, and takes it out of <paramref name="wanted"/>.</summary>
    public void Keep(Dictionary<(string?, string), Endpoint> wanted)
    {
        var kept = new List<Endpoint>(_endpoints.Count);
        foreach (var endpoint in _endpoints)
        {
            if (!wanted.Remove(EndpointSlicePlanner.Identity(endpoint), out var current))
            {
                (IsChanged, HasLost) = (true, true);
                continue;
            }
            IsChanged |= !Same(endpoint, current);
            HasLost |= current.Conditions?.Ready == false && endpoint.Conditions?.Ready != false;
            kept.Add(current);
        }
        _endpoints = kept;
    }

    public void Add(Endpoint endpoint)
    {
        _endpoints.Add(endpoint);
        IsChanged = true;
    }

    public void Clear()
    {
        if (_endpoints.Count == 0)
            return;
        _endpoints = [];
        (IsChanged, HasLost) = (true, true);
    }

    /// <summary>Empties the slice for endpoints with other ports.</summary>
    public void Reuse(IReadOnlyList<EndpointPort> ports)
    {
        Clear();
        _ports = ports;
        IsChanged = true;
    }

    public EndpointSlice Build(Service service) => new()
    {
        Metadata = (Original?.Metadata ?? new ObjectMeta { Namespace = service.Metadata.Namespace, GenerateName = $"{service.Metadata.Name}-" }) with
        {
            Labels = Labels(service),
            OwnerReferences = [Ownership.ControllerReference(service)],
        },
        AddressType = _addressType,
        Endpoints = _endpoints,
        Ports = _ports,
    };

    public static bool SameMetadata(EndpointSlice a, EndpointSlice b) =>
        a.AddressType == b.AddressType
        && (a.Metadata.OwnerReferences ?? []).SequenceEqual(b.Metadata.OwnerReferences ?? [])
        && SameLabels(a.Metadata.Labels, b.Metadata.Labels);

    private static bool SameLabels(IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a ?? new Dictionary<string, string>()).All(l => b!.GetValueOrDefault(l.Key) == l.Value);

    private static bool Same(Endpoint a, Endpoint b) =>
        a.Addresses.SequenceEqual(b.Addresses) && a with { Addresses = b.Addresses } == b;

    private static Dictionary<string, string> Labels(Service service)
    {
        var labels = new Dictionary<string, string>(service.Metadata.Labels ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            [EndpointSlicePlanner.ServiceNameLabel] = service.Metadata.Name ?? "",
            [EndpointSlicePlanner.ManagedByLabel] = EndpointSlicePlanner.ManagedBy,
        };
        labels.Remove(EndpointSlicePlanner.HeadlessLabel);
        if (service.Spec?.ClusterIP == "None")
            labels[EndpointSlicePlanner.HeadlessLabel] = "";
        return labels;
    }
}
