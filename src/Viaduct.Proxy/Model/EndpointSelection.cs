using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>Chooses the usable endpoints of one Service port from the Service's slices.</summary>
internal static class EndpointSelection
{
    /// <summary>
    /// The ready endpoints; when there is none, those that still serve while they terminate (KEP-1669), so that the last
    /// pods of a rollout are not cut off. A slice's port belongs to a Service's port when name and protocol are equal.
    /// </summary>
    public static ImmutableArray<ProxyEndpoint> Choose(
        IEnumerable<EndpointSlice> slices, string portName, TransportProtocol protocol, string nodeName)
    {
        var ready = new SortedDictionary<EndpointAddress, bool>();
        var terminating = new SortedDictionary<EndpointAddress, bool>();
        foreach (var slice in slices)
        {
            if (slice.AddressType == "IPv4" && FindPort(slice, portName, protocol) is { } port)
                Sort(slice, port, nodeName, ready, terminating);
        }

        return [.. (ready.Count > 0 ? ready : terminating).Select(e => new ProxyEndpoint(e.Key, e.Value))];
    }

    /// <summary>A port without a number means "all ports", which a proxy cannot serve; it is no match.</summary>
    private static ushort? FindPort(EndpointSlice slice, string name, TransportProtocol protocol)
    {
        foreach (var port in slice.Ports ?? [])
        {
            if ((port.Name ?? "") == name && TransportProtocols.Parse(port.Protocol) == protocol && port.Port is > 0 and <= 65535)
                return (ushort)port.Port.Value;
        }

        return null;
    }

    private static void Sort(
        EndpointSlice slice, ushort port, string nodeName, SortedDictionary<EndpointAddress, bool> ready, SortedDictionary<EndpointAddress, bool> terminating)
    {
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            if (Target(endpoint, port) is not { } target)
                continue;
            var conditions = endpoint.Conditions;
            var isLocal = string.Equals(endpoint.NodeName, nodeName, StringComparison.OrdinalIgnoreCase);
            if (conditions?.Ready ?? true)
                AddOrKeepLocal(ready, target, isLocal);
            else if ((conditions?.Serving ?? true) && (conditions?.Terminating ?? false))
                AddOrKeepLocal(terminating, target, isLocal);
        }
    }

    // Only the first address counts: all addresses of an endpoint are the same pod (EndpointSlice API).
    private static EndpointAddress? Target(Endpoint endpoint, ushort port) =>
        endpoint.Addresses is [var text, ..] && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork
            ? new EndpointAddress(address, port)
            : null;

    // Slices overlap while they are rewritten; if they disagree about the node, local wins.
    private static void AddOrKeepLocal(SortedDictionary<EndpointAddress, bool> endpoints, EndpointAddress target, bool isLocal) =>
        endpoints[target] = isLocal || (endpoints.TryGetValue(target, out var before) && before);
}
