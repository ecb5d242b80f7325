using Viaduct.Controllers.Shared;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.ServiceEndpoints;

/// <summary>A pod as a Service sees it: its address and the ports that the Service's ports lead to.</summary>
internal sealed record ResolvedPod(Pod Pod, string Address, IReadOnlyList<EndpointPort> Ports)
{
    /// <summary>Equal for pods that may share a slice.</summary>
    public string PortsKey { get; } = KeyOf(Ports);

    public ObjectReference Reference => new()
    {
        Kind = "Pod",
        Namespace = Pod.Metadata.Namespace,
        Name = Pod.Metadata.Name,
        Uid = Pod.Metadata.Uid,
    };

    public static string KeyOf(IReadOnlyList<EndpointPort>? ports) =>
        string.Join(';', (ports ?? []).Select(p => $"{p.Name}/{p.Protocol}/{p.Port}/{p.AppProtocol}").Order(StringComparer.Ordinal));

    /// <summary>All pods with an address of the type that have not ended, by name.</summary>
    public static IReadOnlyList<ResolvedPod> Of(Service service, IEnumerable<Pod> pods, string addressType) =>
        [.. pods.Where(p => !p.IsFinished())
            .Select(p => (Pod: p, Address: AddressTypes.AddressOf(p, addressType)))
            .Where(p => p.Address is not null)
            .OrderBy(p => p.Pod.Metadata.Name, StringComparer.Ordinal)
            .Select(p => new ResolvedPod(p.Pod, p.Address!, PortsOf(service, p.Pod)))];

    private static List<EndpointPort> PortsOf(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>();
        foreach (var port in service.Spec?.Ports ?? [])
        {
            // A pod that does not have the named port does not serve this port of the Service.
            if (Resolve(port, pod) is { } number)
                ports.Add(new EndpointPort { Name = port.Name ?? "", Protocol = port.Protocol ?? "TCP", Port = number, AppProtocol = port.AppProtocol });
        }
        return ports;
    }

    private static int? Resolve(ServicePort port, Pod pod)
    {
        if (port.TargetPort is not { } target || target is { Name: null, Number: 0 } or { Name: "" })
            return port.Port;
        if (target.Name is null)
            return target.Number;
        return (pod.Spec?.Containers ?? [])
            .SelectMany(c => c.Ports ?? [])
            .FirstOrDefault(p => p.Name == target.Name && (p.Protocol ?? "TCP") == (port.Protocol ?? "TCP"))?.Number;
    }
}
