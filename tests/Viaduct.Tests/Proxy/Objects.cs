using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Proxy;

/// <summary>Services and slices as short as tests need them.</summary>
internal static class Objects
{
    public static Service Service(string name, string? clusterIP, params ServicePort[] ports) => new()
    {
        Metadata = new() { Namespace = "ns", Name = name, Uid = name },
        Spec = new() { Type = ports.Any(p => p.NodePort > 0) ? "NodePort" : "ClusterIP", ClusterIP = clusterIP, Ports = ports },
    };

    public static ServicePort Port(string? name, int port, string? protocol = null, int? nodePort = null) =>
        new() { Name = name, Port = port, Protocol = protocol, NodePort = nodePort };

    public static EndpointSlice Slice(string service, string name, string portName, int port, params IEnumerable<Endpoint> endpoints) => new()
    {
        Metadata = new() { Namespace = "ns", Name = name, Uid = name, Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service } },
        AddressType = "IPv4",
        Endpoints = [.. endpoints],
        Ports = [new() { Name = portName, Port = port, Protocol = "TCP" }],
    };

    public static Endpoint Pod(string address, bool? ready = null, bool? serving = null, bool? terminating = null, string? node = null) =>
        new() { Addresses = [address], NodeName = node, Conditions = new() { Ready = ready, Serving = serving, Terminating = terminating } };
}
