using System.Net;
using System.Net.Sockets;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>Reads what a Service asks the proxy for; what cannot be served is named and left out.</summary>
internal static class ServicePorts
{
    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Headless Services, ExternalName Services and those of another proxy are nothing to us.</summary>
    public static IPAddress? ClusterIPOf(Service service)
    {
        var spec = service.Spec;
        if (spec is null || spec.Type == "ExternalName" || service.Metadata.Labels?.ContainsKey(ProxyNameLabel) == true)
            return null;
        var candidates = spec.ClusterIPs is { Count: > 0 } all ? all : spec.ClusterIP is { } one ? [one] : [];
        foreach (var text in candidates)
        {
            if (IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork)
                return address;
        }

        return null;
    }

    /// <summary>The ports of the Service, not yet with endpoints; problems are added to <paramref name="problems"/>.</summary>
    public static IEnumerable<ServicePortState> Of(Service service, ICollection<string> problems)
    {
        if (ClusterIPOf(service) is not { } clusterIP)
            yield break;
        var names = new HashSet<string>();
        foreach (var port in service.Spec?.Ports ?? [])
        {
            var name = new ServicePortName(service.Metadata.Namespace ?? "", service.Metadata.Name ?? "", port.Name ?? "");
            if (Problem(port, names) is { } problem)
                problems.Add($"Service {name.Service}, port {Describe(port)} is not served: {problem}.");
            else
                yield return Read(name, clusterIP, port);
        }
    }

    private static ServicePortState Read(ServicePortName name, IPAddress clusterIP, ServicePort port) => new()
    {
        Name = name,
        ClusterIP = clusterIP,
        Protocol = TransportProtocols.Parse(port.Protocol)!.Value,
        Port = (ushort)port.Port,
        NodePort = port.NodePort is > 0 and <= 65535 ? (ushort)port.NodePort : null,
        Endpoints = [],
    };

    private static string? Problem(ServicePort port, HashSet<string> names) =>
        TransportProtocols.Parse(port.Protocol) is null ? $"protocol {port.Protocol} is none of TCP, UDP and SCTP"
        : port.Port is < 1 or > 65535 ? $"{port.Port} is not between 1 and 65535"
        : port.NodePort is < 0 or > 65535 ? $"its nodePort {port.NodePort} is not between 1 and 65535"
        : !names.Add(port.Name ?? "") ? "another port of the Service has the same name"
        : null;

    private static string Describe(ServicePort port) => port.Name is { Length: > 0 } name ? $"{name} ({port.Port})" : $"{port.Port}";
}
