using System.Collections.Immutable;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>
/// Collects Services and EndpointSlices as they come and turns them into the next <see cref="ProxyState"/>. Only Services that
/// were touched since the last <see cref="Commit"/> are computed anew. Not thread-safe.
/// </summary>
public sealed class ServiceTracker(string nodeName)
{
    private readonly Dictionary<ServiceName, Service> services = [];
    private readonly Dictionary<ServiceName, Dictionary<string, EndpointSlice>> slicesByService = [];
    private readonly Dictionary<(string Namespace, string Name), ServiceName> serviceOfSlice = [];
    private readonly Dictionary<ServiceName, ImmutableArray<ServicePortName>> portsOfService = [];
    private readonly HashSet<ServiceName> touched = [];
    private ProxyState state = ProxyState.Empty;

    public void Set(Service service)
    {
        var name = NameOf(service.Metadata);
        services[name] = service;
        touched.Add(name);
    }

    public void Remove(Service service)
    {
        var name = NameOf(service.Metadata);
        if (services.Remove(name))
            touched.Add(name);
    }

    public void Set(EndpointSlice slice)
    {
        Remove(slice);
        if (slice.Metadata.Labels?.GetValueOrDefault("kubernetes.io/service-name") is not { Length: > 0 } serviceName)
            return;
        var id = IdOf(slice);
        var service = new ServiceName(id.Namespace, serviceName);
        serviceOfSlice[id] = service;
        if (!slicesByService.TryGetValue(service, out var slices))
            slicesByService[service] = slices = [];
        slices[id.Name] = slice;
        touched.Add(service);
    }

    public void Remove(EndpointSlice slice)
    {
        var id = IdOf(slice);
        if (!serviceOfSlice.Remove(id, out var service))
            return;
        var slices = slicesByService[service];
        slices.Remove(id.Name);
        if (slices.Count == 0)
            slicesByService.Remove(service);
        touched.Add(service);
    }

    /// <summary>The state with everything set so far, and what changed since the last call.</summary>
    public ProxyUpdate Commit()
    {
        var edit = new ProxyStateEdit(state);
        var problems = new List<string>();
        foreach (var service in touched)
            Recompute(service, edit, problems);
        touched.Clear();
        (state, var change) = edit.Finish(problems);
        return new ProxyUpdate(state, change, problems);
    }

    private void Recompute(ServiceName name, ProxyStateEdit edit, List<string> problems)
    {
        var before = portsOfService.GetValueOrDefault(name, []);
        var after = services.TryGetValue(name, out var service) ? ServicePorts.Of(service, problems).Select(WithEndpoints).ToList() : [];
        var names = after.Select(p => p.Name).ToImmutableArray();
        foreach (var port in before.Except(names))
            edit.Remove(port);
        foreach (var port in after)
            edit.Set(port);
        if (names.IsEmpty)
            portsOfService.Remove(name);
        else
            portsOfService[name] = names;
    }

    private ServicePortState WithEndpoints(ServicePortState port) =>
        slicesByService.TryGetValue(port.Name.Service, out var slices)
            ? port with { Endpoints = EndpointSelection.Choose(slices.Values, port.Name.Port, port.Protocol, nodeName) }
            : port;

    private static ServiceName NameOf(ObjectMeta metadata) => new(metadata.Namespace ?? "", metadata.Name ?? "");

    private static (string Namespace, string Name) IdOf(EndpointSlice slice) => (slice.Metadata.Namespace ?? "", slice.Metadata.Name ?? "");
}
