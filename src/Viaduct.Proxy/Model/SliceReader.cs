using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>Reads EndpointSlices of one family into records.</summary>
internal sealed class SliceReader(IPFamily family, string nodeName, StringPool pool)
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private readonly string addressType = family.ToString();

    /// <summary>The Service that the slice belongs to, or null when the slice is nothing to this family.</summary>
    public ServiceName? ServiceOf(EndpointSlice slice) =>
        slice.AddressType == addressType && !Ownership.IsOthers(slice.Metadata)
        && slice.Metadata.Labels?.GetValueOrDefault(ServiceLabel) is { Length: > 0 } name
            ? new ServiceName(pool.Share(slice.Metadata.Namespace), name)
            : null;

    public SliceRecord Read(EndpointSlice slice, TrackedService service)
    {
        var problems = new List<string>();
        var ports = ReadPorts(slice, problems);
        var endpoints = ReadEndpoints(slice, problems);
        return new SliceRecord
        {
            Service = service,
            Ports = ports,
            Endpoints = endpoints,
            Problem = problems.Count == 0 ? null : Describe(slice, problems),
        };
    }

    // A port without a number means "all ports" to the API, which a proxy cannot serve; one without a name belongs to no Service port.
    private SlicePort[] ReadPorts(EndpointSlice slice, List<string> problems)
    {
        if (slice.Ports is null)
            return [];
        var ports = new List<SlicePort>(slice.Ports.Count);
        foreach (var port in slice.Ports)
        {
            if (port.Name is null || port.Port is null or 0)
                continue;
            if (port.Port is < 0 or > 65535)
                problems.Add($"port {port.Port} is not between 1 and 65535");
            else if (TransportProtocols.Parse(port.Protocol) is not { } protocol)
                problems.Add($"protocol {port.Protocol} is none of TCP, UDP and SCTP");
            else
                ports.Add(new SlicePort(pool.Share(port.Name), protocol, (ushort)port.Port.Value));
        }

        return [.. ports];
    }

    private EndpointRecord[] ReadEndpoints(EndpointSlice slice, List<string> problems)
    {
        if (slice.Endpoints is null)
            return [];
        var records = new EndpointRecord[slice.Endpoints.Count];
        var count = 0;
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.Addresses is not [var text, ..])
                continue;
            if (AddressText.TryParse(text, out var address) && address.Family == family && !address.IsNone)
                records[count++] = new EndpointRecord(address, TraitsOf(endpoint), pool.Share(endpoint.Hints?.ForZones));
            else
                problems.Add($"\"{text}\" is not an {addressType} address");
        }

        return count == records.Length ? records : records[..count];
    }

    private EndpointTraits TraitsOf(Endpoint endpoint)
    {
        var (conditions, traits) = (endpoint.Conditions, EndpointTraits.None);
        if (conditions?.Ready ?? true)
            traits |= EndpointTraits.Ready;
        if (conditions?.Serving ?? true)
            traits |= EndpointTraits.Serving;
        if (conditions?.Terminating ?? false)
            traits |= EndpointTraits.Terminating;
        if (endpoint.NodeName is { Length: > 0 } node)
            traits |= IsThisNode(node) ? EndpointTraits.Local : EndpointTraits.Remote;
        if (endpoint.Hints?.ForNodes is { Count: > 0 } nodes)
            traits |= EndpointTraits.HasNodeHint | (nodes.Any(n => IsThisNode(n.Name)) ? EndpointTraits.ForThisNode : EndpointTraits.None);
        return traits;
    }

    private bool IsThisNode(string name) => string.Equals(name, nodeName, StringComparison.OrdinalIgnoreCase);

    // One sentence a slice: a thousand bad addresses are one mistake.
    private static string Describe(EndpointSlice slice, List<string> problems)
    {
        var more = problems.Count == 1 ? "" : $" (and {problems.Count - 1} more)";
        return $"EndpointSlice {slice.Metadata.Namespace}/{slice.Metadata.Name} is served in part: {problems[0]}{more}.";
    }
}
